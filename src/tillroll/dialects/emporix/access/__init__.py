"""Who may call: tokens, and what they stand for."""
