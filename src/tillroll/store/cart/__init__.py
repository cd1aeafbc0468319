"""Carts: rows."""
