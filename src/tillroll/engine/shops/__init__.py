"""Shops and their keys, and the audit of what is promised them: use cases."""
