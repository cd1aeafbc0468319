"""Coupons and their redemptions: rows."""
