"""Emporix's wire API (contracts/emporix.md): the shop's checkout and everything around it."""
