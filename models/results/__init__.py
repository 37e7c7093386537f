"""What steps give back: small, frozen, and kept in the ledger as JSON."""
