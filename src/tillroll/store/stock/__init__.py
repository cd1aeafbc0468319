"""Stock: rows."""
