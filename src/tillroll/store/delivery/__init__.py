"""Delivery windows, counted, and the bookings of their places: rows."""
