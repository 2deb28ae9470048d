"""From a record to fields: columns, units, time zones, references, validation."""
