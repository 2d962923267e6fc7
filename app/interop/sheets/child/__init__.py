"""Reads workbooks in a child process with limits of memory and time; imports nothing of the service."""
