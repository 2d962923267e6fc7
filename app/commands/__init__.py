"""The commands of the `tongchou` command line."""
