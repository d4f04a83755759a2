"""Where what a crew shares is: the places in a row of 64-bit words."""

NEXT = 0
"""The number of the next tile; far beyond the last one where there is no work."""
DONE = 8
"""How many tiles are done."""
BUSY = 16
"""1 while a step uses the crew."""
COUNT, FUNCTION, MEMORY, NUMBERS, WORDS, JOB = 24, 25, 26, 27, 28, 29
"""How many tiles there are, and what is called for each with which arguments."""
HELPERS, SEMAPHORE, WAIT, TRY, POST, YIELD = 32, 33, 34, 35, 36, 37
"""How many threads wait, the semaphore with the functions of the C library for it, and the one
that lets other threads have the processor."""

LENGTH = 64
"""How many words there are."""
