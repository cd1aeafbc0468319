"""Zones, methods and fees of shipping: use cases."""
