"""Setting up: the first shop of a new server, and what a shop pastes so that events arrive."""
