"""Rows of dated rates of exchange."""
