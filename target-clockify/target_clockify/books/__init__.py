"""The records of a run: ledger and journal, rejects, acknowledged STATE, summary."""
