"""The objects of the wire, and what operations make of them."""
