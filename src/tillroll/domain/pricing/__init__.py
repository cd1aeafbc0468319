"""What a cart or an order costs: shapes and rules."""
