"""Values that only some may see: which ones, their encryption at rest, the keys, their rotation, and erasure.

Secrets of the deployment itself (passwords, keys) come in by :mod:`registry.secrecy.secret_source`.
"""
