"""Payments in the database."""
