"""Settings: what an admin of a shop decides about it, by form."""
