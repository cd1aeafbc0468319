"""Messages of what became true, for endpoints that ask for them."""
