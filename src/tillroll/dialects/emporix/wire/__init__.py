"""What the services share: errors, payloads, documents, access."""
