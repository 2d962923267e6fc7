"""Refusals of files as a whole."""

from app.core.errors import InvalidInputError


class UnreadableFileError(InvalidInputError):
    """The file cannot be read at all: missing, too large, or not of the kind that its name says."""

    code = "unreadable_file"
    title = "The file cannot be read."
