"""How orders are paid."""
