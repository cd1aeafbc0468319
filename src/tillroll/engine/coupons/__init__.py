"""Coupons and their redemptions: use cases."""
