"""Gradient checkers of several libraries, each fed with the same operations and inputs."""
