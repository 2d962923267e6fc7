"""What one file may take of this machine, and the refusal of a file that would take more."""

from typing import Any

MEMORY_BYTES_MAX = 1 << 30
CPU_SECONDS_MAX = 20
UNPACKED_BYTES_MAX = 200 << 20
PARTS_MAX = 1_000
ANSWER_CHARACTERS_MAX = 64 << 20
"""The answer to the parent process, which has no memory limit of its own."""


class RefusedError(Exception):
    """The file is not read; `answer` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.answer: dict[str, Any] = {"refused": code}


class Extent:
    """How far the filled cells of all sheets reach; refuses the file as soon as they pass the limits.

    Neither the size that a sheet claims for itself nor a library that lays out all cells between the first and the
    last can be trusted with a file from outside: one cell in the far corner would take all memory.
    """

    def __init__(self, rows_max: int, columns_max: int) -> None:
        self.rows_max, self.columns_max = rows_max, columns_max
        self._rows_of_others = self._rows = 0

    def next_sheet(self) -> None:
        """What follows belongs to another sheet."""
        self._rows_of_others += self._rows
        self._rows = 0

    def filled(self, row: int, column: int) -> None:
        """A cell is filled; both numbers begin with 1."""
        self._rows = max(self._rows, row)
        if column > self.columns_max or self._rows_of_others + self._rows > self.rows_max:
            raise RefusedError("too_many_cells")
