"""Sites, their schemas and configuration: shapes and rules."""
