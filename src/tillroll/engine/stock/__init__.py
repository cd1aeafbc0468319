"""What is on hand: use cases."""
