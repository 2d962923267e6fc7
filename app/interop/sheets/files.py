"""Files of sheets: .xlsx, .xls and .ods by a process of its own, .csv and .tsv here; told apart by what is in them."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.core.errors import BusyError, Fault, Param
from app.interop.errors import UnreadableFileError
from app.interop.sheets.books import Book, book_of_answer
from app.interop.sheets.text_files import read_text_book

FILE_BYTES_MAX = 20 << 20
UPLOAD_BYTES_MAX = 2 << 20
"""A requisition of 500 lines has some 50 kB."""
BODY_BYTES_MAX = 32 << 20
"""What is larger is cut off with 413 while it comes in; up to here it lies on the disk until it is refused in words."""
ROWS_MAX = 100_000
COLUMNS_MAX = 50
CHILD_SECONDS_MAX = 30
AT_ONCE_MAX = 2
WAIT_SECONDS_MAX = 30

_CHILD = Path(__file__).with_name("child") / "__main__.py"
_ZIP, _OLD_OFFICE = b"PK", b"\xd0\xcf\x11\xe0"
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
_turns = threading.BoundedSemaphore(AT_ONCE_MAX)

_MESSAGES = {
    "too_many_cells": "The sheet reaches beyond {rows_max} rows or {columns_max} columns.",
    "too_large_unpacked": "Reading the sheet takes more memory or time than is given.",
    "not_a_sheet": "The file is not a proper workbook (.xlsx, .xls or .ods).",
    "not_text": "The file is neither UTF-8, UTF-16 nor GB18030 text.",
    "not_csv": "The file is not proper CSV near line {line}: {error}.",
    "empty": "The file is empty.",
}


def read_bytes(path: Path) -> bytes:
    """The content of a file of bearable size; raises `UnreadableFileError`."""
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            message = "The file has {size} bytes; at most {limit} are read."
            params: dict[str, Param] = {"size": size, "limit": FILE_BYTES_MAX}
            raise UnreadableFileError(Fault("too_large", message, path.name, params))
        return path.read_bytes()
    except OSError as error:
        message = "The file cannot be opened: {error}."
        raise UnreadableFileError(Fault("not_found", message, path.name, {"error": error.strerror})) from error


def read_file(path: Path) -> Book:
    """The sheets of a file; raises `UnreadableFileError` at the file's name."""
    content = read_bytes(path)
    if path.suffix.lower() in _WORKBOOKS and not content.startswith((_ZIP, _OLD_OFFICE)):
        raise _unreadable("not_a_sheet", path.name)
    return read_book(content, path.name, where=path.name)


def read_upload(content: bytes, name: str = "", *, where: str = "file") -> Book:
    """The sheets of an uploaded file, at most `UPLOAD_BYTES_MAX`.

    Raises `UnreadableFileError` whose faults are at `where`, and `BusyError` while too many others are read.
    """
    if not content:
        message = "Choose a file: a workbook (.xlsx, .xls, .ods) or a text file (.csv, .tsv)."
        raise UnreadableFileError(Fault("no_file", message, where))
    if len(content) > UPLOAD_BYTES_MAX:
        message = "The file has more than {limit} bytes."
        raise UnreadableFileError(Fault("too_large", message, where, {"limit": UPLOAD_BYTES_MAX}))
    with _own_turn():
        return read_book(content, name, where=where)


def read_book(content: bytes, name: str, *, where: str) -> Book:
    """The sheets in the content of a file, told apart by what is in it and not by its name."""
    if content.startswith((_ZIP, _OLD_OFFICE)):
        return book_of_answer(_answer_of_child(content, where), name)
    read = read_text_book(content, name, rows_max=ROWS_MAX, columns_max=COLUMNS_MAX)
    if isinstance(read, Book):
        return read
    raise _unreadable(read.code, where, **read.params)


def _answer_of_child(content: bytes, where: str) -> dict[str, Any]:
    with TemporaryDirectory(prefix="tongchou-") as folder:
        path = Path(folder) / "sheet"
        path.write_bytes(content)
        command = [sys.executable, "-I", str(_CHILD), str(path), str(ROWS_MAX), str(COLUMNS_MAX)]
        try:
            run = subprocess.run(command, capture_output=True, timeout=CHILD_SECONDS_MAX, check=False)  # noqa: S603
            answer: dict[str, Any] = (
                json.loads(run.stdout) if run.returncode == 0 else {"refused": "too_large_unpacked"}
            )
        except (subprocess.TimeoutExpired, ValueError):
            answer = {"refused": "too_large_unpacked"}
    refusal = answer.get("refused")
    if refusal is not None:
        raise _unreadable(refusal if refusal in _MESSAGES else "not_a_sheet", where)
    return answer


def _unreadable(code: str, where: str, **params: Param) -> UnreadableFileError:
    limits: dict[str, Param] = {"rows_max": ROWS_MAX, "columns_max": COLUMNS_MAX}
    return UnreadableFileError(Fault(code, _MESSAGES[code], where, limits if code == "too_many_cells" else params))


@contextmanager
def _own_turn() -> Iterator[None]:
    """A workbook may take up to a gigabyte while it is read: only a few at a time."""
    if not _turns.acquire(timeout=WAIT_SECONDS_MAX):
        raise BusyError()
    try:
        yield
    finally:
        _turns.release()
