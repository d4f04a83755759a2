"""Random numbers: streams that are the same everywhere, generators, and draws from them."""
