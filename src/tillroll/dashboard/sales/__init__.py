"""Sales: the list, one sale with why each cent is whose, and what people decide about it."""
