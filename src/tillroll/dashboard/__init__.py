"""The dashboard: pages for the people of a shop, about its revenue, its sales, and what is arriving just now."""
