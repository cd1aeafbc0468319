"""Alhena's cart and checkout events, and the script for storefronts that reports them (docs/wire/alhena.md)."""
