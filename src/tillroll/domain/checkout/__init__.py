"""The checkout: shapes and rules."""
