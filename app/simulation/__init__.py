"""A fortnight in the sample's city, lived through the same services with a clock of its own."""
