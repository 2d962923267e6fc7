"""Simulates a fortnight of the sample's city through the same services, with a clock of its own."""
