"""What storefronts report of their visitors: use cases."""
