"""Linked price subsidies: index figures, people entitled, schemes, and the runs that pay what a month makes due."""
