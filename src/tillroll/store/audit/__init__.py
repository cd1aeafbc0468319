"""What the audit looks at: rows."""
