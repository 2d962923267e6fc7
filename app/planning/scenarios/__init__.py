"""Scenarios: a plan's facts with changes, computed and compared, never dispatched."""
