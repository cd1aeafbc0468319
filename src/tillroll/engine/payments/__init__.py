"""Payments by providers, inside transactions."""
