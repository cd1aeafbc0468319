"""Carts: use cases."""
