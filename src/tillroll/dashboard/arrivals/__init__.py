"""Arrivals: what comes in just now, and whether all of it does and is followed."""
