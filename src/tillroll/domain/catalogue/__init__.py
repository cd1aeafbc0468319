"""Products and categories: shapes and rules."""
