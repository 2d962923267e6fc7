"""Policies in versions, and the raising of one facility's tier for a while."""
