"""Notices to roles and places: what somebody must learn of that others did."""
