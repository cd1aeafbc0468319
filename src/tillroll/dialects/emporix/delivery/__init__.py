"""Delivery times, their windows, and the places in these."""
