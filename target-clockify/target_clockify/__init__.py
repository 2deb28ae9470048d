"""A Singer target for Clockify: rows in, exactly the right changes out."""
