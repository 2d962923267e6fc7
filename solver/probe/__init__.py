"""Proof by probing: linear programs that look for the certificates that a plan does not bring."""
