"""A believable Zhuzhou in January 2020, loaded through the services."""
