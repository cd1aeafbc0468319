"""What arrives in the ledger, as a stream."""
