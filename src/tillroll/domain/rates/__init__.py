"""Dated rates of exchange, and amounts that they convert."""
