"""Search sessions, their carts and reports: rows."""
