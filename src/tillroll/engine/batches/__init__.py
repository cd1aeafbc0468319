"""Batches of what a shop's own systems report: use cases."""
