"""Proves a plan, apart from the code that made it."""
