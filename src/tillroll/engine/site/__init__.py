"""Sites, their schemas and configuration: use cases."""
