"""Quotes: shapes and rules."""
