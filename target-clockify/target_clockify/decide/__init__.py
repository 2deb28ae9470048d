"""From fields to a decision: what to do for a record, from the record, the mirror and the ledger alone."""
