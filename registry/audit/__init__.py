"""What ties the ledger to the registry: digests of the graph, entries in the transaction of what they record, checking both."""
