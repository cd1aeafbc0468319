"""Orders after they were placed, and their numbers: shapes and rules."""
