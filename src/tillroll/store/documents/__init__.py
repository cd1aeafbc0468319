"""The merchant's set-up: versioned documents: rows."""
