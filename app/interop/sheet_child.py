"""Reads the first sheet of one .xlsx file and writes its cells to standard output as JSON.

Run as a program of its own, by path, by `app.interop.sheets`: a file that was made to exhaust memory or time ends
this process and nothing else. It knows nothing of the service. The answer is `{"rows": [[cell, ...], ...]}` or
`{"refused": code, ...}`; a cell is null, text, a number, true or false, or `{"day": "2020-01-31"}`.
"""

import json
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.parsers import expat

MEMORY_BYTES_MAX = 1 << 30
CPU_SECONDS_MAX = 20
UNPACKED_BYTES_MAX = 200 << 20
PARTS_MAX = 1_000
CHUNK_BYTES = 1 << 16


class RefusedError(Exception):
    """The file is not read; `answer` says why."""

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.answer: dict[str, Any] = {"refused": code, **params}


class _Extent:
    """How far a sheet's filled cells reach; refuses the sheet as soon as they pass the limits.

    Neither the size that a sheet claims for itself nor a library that lays out all cells between the first and the
    last can be trusted with a file from outside: one cell in the far corner would take all memory.
    """

    def __init__(self, rows_max: int, columns_max: int) -> None:
        self._rows_max, self._columns_max = rows_max, columns_max
        self._row = self._column = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _refuse_doctype(self, *_arguments: object) -> None:
        raise RefusedError("not_a_sheet")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "row":
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        elif tag == "c":
            self._column = _column_of(attributes["r"]) if "r" in attributes else self._column + 1
        elif tag in ("v", "is") and (self._row > self._rows_max or self._column > self._columns_max):
            raise RefusedError("too_many_cells", rows_max=self._rows_max, columns_max=self._columns_max)


def _column_of(reference: str) -> int:
    """The number of the column of a cell such as AB12; 1 is A."""
    column = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - ord("A") + 1
    return column


def _check_extent(archive: zipfile.ZipFile, rows_max: int, columns_max: int) -> None:
    parts = archive.infolist()
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
        raise RefusedError("too_large_unpacked")
    for part in parts:
        if not (part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")):
            continue
        extent = _Extent(rows_max, columns_max)
        with archive.open(part) as sheet:
            while chunk := sheet.read(CHUNK_BYTES):
                extent.parser.Parse(chunk, False)
        extent.parser.Parse(b"", True)


def _cell(value: Any) -> Any:
    if value == "" or value is None:
        return None
    if isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, datetime) and value.time() == time.min:
        return {"day": value.date().isoformat()}
    if isinstance(value, date) and not isinstance(value, datetime):
        return {"day": value.isoformat()}
    if isinstance(value, datetime | time | timedelta):
        return str(value)
    raise TypeError(type(value).__name__)


def _read(path: str, rows_max: int, columns_max: int) -> dict[str, Any]:
    from python_calamine import CalamineWorkbook  # after the limits are set

    with zipfile.ZipFile(path) as archive:
        _check_extent(archive, rows_max, columns_max)
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    return {"rows": [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]}


def main(arguments: list[str]) -> int:
    """PATH ROWS_MAX COLUMNS_MAX; always writes one JSON answer unless a limit of the process ends it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    path, rows_max, columns_max = arguments[0], int(arguments[1]), int(arguments[2])
    try:
        answer = _read(path, rows_max, columns_max)
    except RefusedError as refusal:
        answer = refusal.answer
    except MemoryError:
        answer = {"refused": "too_large_unpacked"}
    except Exception:
        # Whatever the archive, XML or sheet library stumbles over: for the reader it is no proper sheet.
        answer = {"refused": "not_a_sheet"}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
