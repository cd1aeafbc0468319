"""Webhook endpoints of a shop: who is told of what, and what became of each message."""
