"""People: who belongs to a shop, and how somebody comes to."""
