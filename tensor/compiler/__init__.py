"""The compiler: a recorded computation as one Numba function."""
