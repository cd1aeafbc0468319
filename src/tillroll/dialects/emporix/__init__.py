"""Emporix's wire API (docs/wire/emporix.md): the shop's checkout and everything around it."""
