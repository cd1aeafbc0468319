"""The ledger of events: use cases."""
