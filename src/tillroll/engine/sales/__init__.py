"""Sales: use cases."""
