"""The ledger: usage entries, and their way to the sinks."""
