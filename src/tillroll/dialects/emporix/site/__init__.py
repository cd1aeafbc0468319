"""Sites, their schemas and configuration."""
