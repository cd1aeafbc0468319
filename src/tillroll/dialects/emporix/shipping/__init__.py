"""Zones, methods and fees of shipping."""
