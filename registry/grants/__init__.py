"""Where grants come from and are kept: a policy file, and the database. What they mean is in ``registry.permission``."""
