"""Whoever sends messages to webhook endpoints, between transactions."""
