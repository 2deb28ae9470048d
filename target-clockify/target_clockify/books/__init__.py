"""The records that a run keeps of itself: ledger and journal, rejects, acknowledged STATE, summary."""
