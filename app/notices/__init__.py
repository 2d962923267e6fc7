"""Notices to roles and places about what others did."""
