"""Events from outside: shapes and rules."""
