"""Quotes: use cases."""
