"""Grades: a substitute of a lower grade at a key facility only with a leader's permission, for a reason and a time."""
