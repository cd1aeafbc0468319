"""Customers and their logins: rows."""
