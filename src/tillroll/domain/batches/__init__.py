"""Batches of what a shop's own systems report: shapes and rules."""
