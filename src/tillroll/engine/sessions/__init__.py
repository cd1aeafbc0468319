"""Customers who come and go: use cases."""
