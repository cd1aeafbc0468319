"""Scout's API, and the inventory that it fills (contracts/scout.md)."""
