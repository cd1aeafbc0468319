"""Revenue: what was sold and whose it is, how models differ about it, and what experiments prove."""
