"""Doofinder's dialect: search sessions, clicks, carts and checkouts, of three generations of clients."""
