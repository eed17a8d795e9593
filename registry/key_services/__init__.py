"""Keys that never leave a key service: it signs the ledger's heads, and wraps and unwraps the data keys of sensitive values.

One is built in, the transit engine of HashiCorp Vault and OpenBao (:mod:`registry.key_services.transit`); another package
offers its own in the entry-point group ``lineage_registry.key_services``. What a service answers is never taken on trust:
a signature is verified with the public key that the log names, a data key with what was kept of it when it was wrapped.
"""
