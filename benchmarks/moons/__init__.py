"""From the start of a process to a trained model: one script for each peer, as a user writes it.

Each trains a 2-16-16-2 ReLU network for 100 epochs of batches of 100 with Adam, in float32, on the
arrays ``x`` and ``y`` of the file that it is given, and prints the share that it gets right.
"""
