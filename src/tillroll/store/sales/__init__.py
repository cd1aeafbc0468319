"""Sales: their named queries, and the functions that run them."""
