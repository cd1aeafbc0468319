"""Messages of what became true: their types, when each is tried again, and where none may go."""
