"""Floor 3: one folder per vendor, and the shared door. No dialect imports another."""
