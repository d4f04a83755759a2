"""Rows of the table on arrays: from a formula to the code that runs, by NumPy or compiled."""
