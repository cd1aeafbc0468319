"""Taxes, currencies, prices and price lists, and which price holds."""
