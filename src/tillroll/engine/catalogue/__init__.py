"""Products and categories: use cases."""
