"""Reports: revenue and whose it is, and carts."""
