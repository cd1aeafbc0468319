"""How orders are paid: shapes and rules."""
