"""What the library does not tell of an old .xls workbook: cells that hold an error, and the day that is day 0.

An .xls file is a small file system (compound file) whose stream `Workbook` is a list of records: a number of two
bytes, a length of two bytes, and so many bytes.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.interop.sheets.child.xlsx_marks import Mark

_END, _SECTORS_MAX = 0xFFFFFFFA, 1 << 16
_DATE_MODE, _BOUND_SHEET, _FORMULA, _BOOL_OR_ERROR, _END_OF_SHEET, _BEGIN = 0x22, 0x85, 0x06, 0x205, 0x0A, 0x809
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


@dataclass(slots=True)
class XlsMarks:
    """Broken cells by the position of their sheet, and whether days count from 1904."""

    broken: list[list[Mark]] = field(default_factory=list)
    from_1904: bool = False


def xls_marks(content: bytes) -> XlsMarks:
    """The errors in all sheets; raises `ValueError` or `struct.error` for what is no workbook."""
    stream = _workbook_stream(content)
    marks = XlsMarks()
    begins: list[int] = []
    for kind, body, _ in _records(stream, 0):
        if kind == _DATE_MODE:
            marks.from_1904 = body[:2] == b"\x01\x00"
        elif kind == _BOUND_SHEET:
            begins.append(struct.unpack_from("<I", body)[0])
        elif kind == _END_OF_SHEET:
            break
    marks.broken = [list(_errors(stream, begin)) for begin in begins]
    return marks


def _errors(stream: bytes, begin: int) -> Iterator[Mark]:
    depth = 0
    for kind, body, _ in _records(stream, begin):
        depth += (kind == _BEGIN) - (kind == _END_OF_SHEET)
        if depth <= 0:
            return
        if depth > 1 or kind not in (_FORMULA, _BOOL_OR_ERROR):
            continue  # an embedded chart has records of its own
        row, column = struct.unpack_from("<HH", body)
        if kind == _BOOL_OR_ERROR and len(body) >= 8 and body[7] == 1:
            yield row, column, _ERRORS.get(body[6], "#ERR")
        elif kind == _FORMULA and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
            yield row, column, _ERRORS.get(body[8], "#ERR")


def _records(stream: bytes, begin: int) -> Iterator[tuple[int, bytes, int]]:
    at = begin
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length], at
        at += 4 + length


def _workbook_stream(content: bytes) -> bytes:
    """The stream `Workbook` of a compound file."""
    if content[:8] != b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise ValueError("no compound file")
    sector_size = 1 << struct.unpack_from("<H", content, 30)[0]
    if sector_size not in (512, 4096):
        raise ValueError("sector size")
    directory_start, small_below = struct.unpack_from("<I", content, 48)[0], struct.unpack_from("<I", content, 56)[0]
    small_table_start = struct.unpack_from("<I", content, 60)[0]
    table = _allocation_table(content, sector_size)
    directory = _chain(content, table, directory_start, sector_size)
    root_start = struct.unpack_from("<I", directory, 116)[0]
    for at in range(0, len(directory) - 127, 128):
        name_length = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + max(0, min(name_length, 64) - 2)].decode("utf-16-le", "replace")
        if name in ("Workbook", "Book"):
            start, size = struct.unpack_from("<II", directory, at + 116)
            if size >= small_below:
                return _chain(content, table, start, sector_size)[:size]
            small = _chain(content, table, root_start, sector_size)
            links = _chain(content, table, small_table_start, sector_size)
            small_table = struct.unpack(f"<{len(links) // 4}I", links)
            return _chain(small, small_table, start, 64, offset=0)[:size]
    raise ValueError("no workbook")


def _allocation_table(content: bytes, sector_size: int) -> tuple[int, ...]:
    """For each sector the one that follows it."""
    per_sector = sector_size // 4
    sectors = list(struct.unpack_from("<109I", content, 76))
    further = struct.unpack_from("<I", content, 68)[0]
    for _ in range(_SECTORS_MAX):
        if further >= _END:
            break
        *more, further = struct.unpack_from(f"<{per_sector}I", content, (further + 1) * sector_size)
        sectors += more
    table: list[int] = []
    for sector in sectors:
        if sector < _END:
            table += struct.unpack_from(f"<{per_sector}I", content, (sector + 1) * sector_size)
    return tuple(table)


def _chain(content: bytes, table: tuple[int, ...], start: int, size: int, *, offset: int = 1) -> bytes:
    """The sectors of a stream, one after the other; raises `ValueError` where they go in a circle."""
    parts: list[bytes] = []
    sector = start
    while sector < _END:
        if sector >= len(table) or len(parts) > len(table):
            raise ValueError("broken chain")
        at = (sector + offset) * size
        parts.append(content[at : at + size])
        sector = table[sector]
    return b"".join(parts)
