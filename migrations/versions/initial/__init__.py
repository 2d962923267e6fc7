"""The first revision, split by domain. Frozen once version 0.2.0 is released: later changes are new revisions."""
