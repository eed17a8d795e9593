"""Places to work that others do not see: made, shared, promoted from, and removed.

What keeps them apart is in ``registry.permission.boundary``, which every write goes through.
"""
