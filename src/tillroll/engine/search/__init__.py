"""Search sessions: their carts and reports: use cases."""
