"""``python -m registry.cli`` is `lineage`."""

from registry.cli.app import main

main()
