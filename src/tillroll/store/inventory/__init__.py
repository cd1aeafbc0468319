"""Users, applications and what was bought: rows."""
