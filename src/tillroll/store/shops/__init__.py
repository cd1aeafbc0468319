"""Shops: rows."""
