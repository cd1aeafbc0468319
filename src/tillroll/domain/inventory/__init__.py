"""Users and what they have bought: shapes and rules."""
