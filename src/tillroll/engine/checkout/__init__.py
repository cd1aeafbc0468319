"""The checkout: use cases."""
