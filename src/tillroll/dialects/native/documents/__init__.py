"""What this server publishes about itself: the descriptions for programs, the pages about them, and the start page."""
