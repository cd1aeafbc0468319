"""Scout's API, and the inventory that it fills (docs/wire/scout.md)."""
