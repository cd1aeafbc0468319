"""Who may come in: tokens, credentials and kept answers: rows."""
