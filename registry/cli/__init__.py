"""The command `lineage`, one module a command group."""
