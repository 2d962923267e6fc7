"""Reads workbooks in a process of its own, with limits of memory and time; knows nothing of the service."""
