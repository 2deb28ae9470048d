"""A Singer target for Clockify: writes the changes that its input rows ask for, and no others."""
