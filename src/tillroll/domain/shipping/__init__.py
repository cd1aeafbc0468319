"""Zones, methods and fees of shipping: shapes and rules."""
