"""The merchant's set-up: versioned documents of many kinds: use cases."""
