"""Orders after they were placed, and their numbers."""
