"""From fields to a decision: what to do for a record, based only on the record, the mirror and the ledger."""
