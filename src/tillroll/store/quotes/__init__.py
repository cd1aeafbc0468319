"""Quotes and their history: rows."""
