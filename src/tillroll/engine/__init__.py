"""Floor 2: use cases, load → decide → write inside one transaction. Plain functions, no HTTP, no clock."""
