"""in-toto statements and SLSA provenance: what a build in CI read and made, with digests."""
