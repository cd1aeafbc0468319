"""Carts: shapes and rules."""
