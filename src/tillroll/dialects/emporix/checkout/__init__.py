"""The checkout."""
