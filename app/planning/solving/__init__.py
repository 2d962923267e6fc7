"""Calls the solver in a process of its own."""
