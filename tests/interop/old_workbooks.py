"""Writes the smallest .xls and .ods workbooks that hold what the tests need: no library writes them for us."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Rows = Sequence[Sequence[object]]
_SECTOR = 512
_NO_SECTOR, _LAST, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell(row: int, column: int, value: object) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, int | float):
        return _record(0x203, place + struct.pack("<d", value))
    text = str(value)
    if text.startswith("#"):  # an error: #DIV/0!
        return _record(0x205, place + struct.pack("<BB", 0x07, 1))
    if text.startswith("=#"):
        return _record(0x06, place + struct.pack("<BBBBBBH", 2, 0, 0x07, 0, 0, 0, 0xFFFF) + b"\0" * 6 + b"\0\0")
    return _record(0x204, place + struct.pack("<HB", len(text), 1) + text.encode("utf-16-le"))


def xls(sheets: Mapping[str, Rows], *, from_1904: bool = False) -> bytes:
    """An Excel 97 workbook: numbers, text, and errors written as `#...` (a cell) or `=#...` (a formula)."""
    begin = _record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 1997, 0, 0))
    globals_after = _record(0x22, struct.pack("<H", from_1904)) + _record(0x42, struct.pack("<H", 1200))
    bodies = []
    for rows in sheets.values():
        cells = b"".join(
            _cell(y, x, value) for y, row in enumerate(rows) for x, value in enumerate(row) if value is not None
        )
        bodies.append(_record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 0)) + cells + _record(0x0A, b""))
    names = [struct.pack("<BB", len(name), 1) + name.encode("utf-16-le") for name in sheets]
    at = len(begin) + len(globals_after) + sum(4 + 6 + len(name) for name in names) + 4
    bounds = b""
    for name, body in zip(names, bodies, strict=True):
        bounds += _record(0x85, struct.pack("<IBB", at, 0, 0) + name)
        at += len(body)
    return _compound(begin + globals_after + bounds + _record(0x0A, b"") + b"".join(bodies))


def _compound(stream: bytes) -> bytes:
    """A compound file with one stream, large enough to lie in sectors of its own."""
    stream = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    count = len(stream) // _SECTOR
    assert count + 2 <= _SECTOR // 4, "one sector of allocation table"
    table = [_TABLE, _LAST, *range(3, count + 2), _LAST]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _LAST, 0, _LAST, 0)
    header += struct.pack("<109I", 0, *[_NO_SECTOR] * 108)
    allocation = struct.pack(f"<{_SECTOR // 4}I", *table, *[_NO_SECTOR] * (_SECTOR // 4 - len(table)))
    entries = _entry("Root Entry", 5, child=1, start=_LAST, size=0) + _entry("Workbook", 2, start=2, size=len(stream))
    return header + allocation + entries.ljust(_SECTOR, b"\0") + stream


def _entry(name: str, kind: int, *, start: int, size: int, child: int = _NO_SECTOR) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    return head + struct.pack("<III", _NO_SECTOR, _NO_SECTOR, child) + b"\0" * 36 + struct.pack("<III", start, size, 0)


_ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.3">
<office:body><office:spreadsheet>%s</office:spreadsheet></office:body></office:document-content>"""


def ods(content: Mapping[str, str]) -> bytes:
    """An OpenDocument workbook of sheets whose rows are given as XML (see `ods_rows`)."""
    tables = "".join(f'<table:table table:name="{escape(name)}">{rows}</table:table>' for name, rows in content.items())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", _ODS % tables)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return buffer.getvalue()


def ods_rows(rows: Rows) -> str:
    """Rows of text and numbers; `date:2020-02-06` is a date, `#...` an error, None a blank cell."""
    return "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)


def ods_cell(value: object) -> str:
    """One cell."""
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p>'
            "</table:table-cell>"
        )
    text = str(value)
    if text.startswith("date:"):
        day = text.removeprefix("date:")
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{day}"><text:p>{day}</text:p>'
            "</table:table-cell>"
        )
    if text.startswith("#"):
        return (
            '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
            f'calcext:value-type="error"><text:p>{text}</text:p></table:table-cell>'
        )
    return f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'
