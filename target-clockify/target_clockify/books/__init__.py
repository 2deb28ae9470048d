"""What a run keeps account of: ledger and journal, rejects, acknowledged STATE, summary."""
