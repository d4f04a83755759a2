"""Data: where it comes from, how it is divided, and how it reaches the training loop."""
