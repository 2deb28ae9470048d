"""From a record to the fields it means: columns, units, zones, references, validation."""
