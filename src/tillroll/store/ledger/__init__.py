"""The ledger of events: rows."""
