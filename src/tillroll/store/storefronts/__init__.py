"""What storefronts report: rows."""
