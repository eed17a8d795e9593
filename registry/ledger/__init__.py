"""The tamper-evident log: a Merkle tree of entries, signed checkpoints, proofs. Knows no database and no network.

Formats are RFC 6962 (tree), RFC 8785 (entries) and those of the Community Cryptography Specification Project
(signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof); ``docs/explanation/ledger.md`` says what they
prove and what they do not.
"""
