"""Floor 0, pure: no await, no SQL, no HTTP, no clock, no randomness."""
