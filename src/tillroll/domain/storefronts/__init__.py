"""What storefronts report of their visitors: shapes and rules."""
