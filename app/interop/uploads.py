"""Sheets that people upload: limits first, then read apart from the service.

A workbook is read by a child process with limits of its own (`sheet_child`), and only a few at a time: each may take
up to a gigabyte.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core.errors import BusyError, Fault
from app.interop.errors import UnreadableFileError
from app.interop.sheets import Cell, read_rows

UPLOAD_BYTES_MAX = 2 << 20
"""A requisition of 500 lines has some 50 kB."""
BODY_BYTES_MAX = 32 << 20
"""What is larger is cut off with 413 while it comes in; up to here it lies on the disk until it is refused in words."""

AT_ONCE_MAX = 2
WAIT_SECONDS_MAX = 30

_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_turns = threading.BoundedSemaphore(AT_ONCE_MAX)


def uploaded_rows(content: bytes, *, where: str = "file") -> list[list[Cell]]:
    """The rows of an uploaded .xlsx or .csv file, told apart by what is in it and not by its name.

    Raises `UnreadableFileError` whose faults are at `where`, and `BusyError` while too many others are read.
    """
    if not content:
        raise _refused("no_file", "Choose a file: an Excel workbook (.xlsx) or a .csv file.", where)
    if len(content) > UPLOAD_BYTES_MAX:
        message = "The file has more than {limit} bytes."
        raise UnreadableFileError(Fault("too_large", message, where, {"limit": UPLOAD_BYTES_MAX}))
    if content.startswith(_OLD_OFFICE):
        raise _refused("old_workbook", "This is a workbook of the old kind (.xls): save it as .xlsx.", where)
    is_workbook = content.startswith(_ZIP)
    with _own_turn(), TemporaryDirectory(prefix="tongchou-") as folder:
        path = Path(folder) / ("sheet.xlsx" if is_workbook else "sheet.csv")
        path.write_bytes(content)
        try:
            return read_rows(path)
        except UnreadableFileError as refusal:
            faults = [fault.at(where) for fault in refusal.faults]
            raise UnreadableFileError(*faults) from refusal


def _refused(code: str, message: str, where: str) -> UnreadableFileError:
    return UnreadableFileError(Fault(code, message, where))


@contextmanager
def _own_turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT_SECONDS_MAX):
        raise BusyError()
    try:
        yield
    finally:
        _turns.release()
