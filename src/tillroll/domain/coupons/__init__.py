"""Coupons and their redemptions: shapes and rules."""
