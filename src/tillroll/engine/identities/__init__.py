"""The names of one visitor: use cases."""
