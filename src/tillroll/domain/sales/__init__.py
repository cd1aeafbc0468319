"""Sales: what was bought once, however many have told of it."""
