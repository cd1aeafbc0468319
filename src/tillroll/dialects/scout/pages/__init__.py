"""The pages for people: sign up, log in, consent, and the inventory. They need no script."""
