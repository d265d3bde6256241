"""The log: append-only entries, a Merkle tree over them, signed checkpoints, receipts (docs/log-format.md)."""
