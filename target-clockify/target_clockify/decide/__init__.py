"""From fields to a decision: what is to be done for a record, told from the record, the mirror and the ledger alone."""
