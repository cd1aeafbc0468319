"""Users and what they have bought: use cases."""
