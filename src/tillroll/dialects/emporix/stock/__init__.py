"""What is on hand."""
