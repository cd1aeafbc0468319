"""Orders, their transitions, and the sequences that number them: rows."""
