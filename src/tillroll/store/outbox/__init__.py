"""Messages for webhook endpoints, and whom they go to."""
