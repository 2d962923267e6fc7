"""Reads the sheets of one .xlsx, .xls or .ods file and writes their cells to standard output as JSON.

Run as a program of its own, by path, by `app.interop.sheets.files`: a file that was made to exhaust memory or time
ends this process and nothing else. The answer is `{"sheets": [{"name", "hidden", "rows", "merged", "broken"}],
"from_1904"}` or `{"refused": code}`. A cell is null, text, a number, true or false, `{"day": "2020-01-31"}` or
`{"moment": "2020-01-31T08:30:00"}`; `broken` has row, column and error of cells that hold none of these.
"""

import io
import json
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any


def _cell(value: Any) -> Any:
    if value == "" or value is None:
        return None
    if isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, datetime):
        day = {"day": value.date().isoformat()}
        return day if value.time() == time.min else {"moment": value.isoformat(timespec="seconds")}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, time | timedelta):
        return str(value)
    raise TypeError(type(value).__name__)


def _read(path: str, rows_max: int, columns_max: int) -> dict[str, Any]:
    from python_calamine import CalamineWorkbook, SheetVisibleEnum  # after the limits are set

    from app.interop.sheets.child.limits import Extent, RefusedError
    from app.interop.sheets.child.ods_marks import OdsMarks, ods_marks
    from app.interop.sheets.child.xls_marks import xls_marks
    from app.interop.sheets.child.xlsx_marks import xlsx_marks
    from app.interop.sheets.child.xml_parts import check_archive

    content = Path(path).read_bytes()
    extent = Extent(rows_max, columns_max)
    other = OdsMarks()
    old = None
    from_1904 = False
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_archive(archive)
            if "content.xml" in archive.namelist():
                other = ods_marks(archive, extent)
            else:
                marks = xlsx_marks(archive, extent)
                other.broken, from_1904 = marks.broken, marks.from_1904
    else:
        old = xls_marks(content)
        from_1904 = old.from_1904
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets, rows_so_far = [], 0
    for at, about in enumerate(book.sheets_metadata):
        if "WorkSheet" not in str(about.typ):
            continue
        sheet = book.get_sheet_by_index(at)
        rows_so_far += sheet.total_height
        if rows_so_far > rows_max or sheet.total_width > columns_max:
            raise RefusedError("too_many_cells")
        broken = old.broken[at] if old is not None and at < len(old.broken) else other.broken.get(about.name, [])
        merged = [(a, c, b, d) for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
        sheets.append(
            {
                "name": about.name,
                "hidden": about.visible != SheetVisibleEnum.Visible,
                "rows": [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)],
                "merged": merged or other.merged.get(about.name, []),
                "broken": broken,
            }
        )
    return {"sheets": sheets, "from_1904": from_1904}


def main(arguments: list[str]) -> int:
    """PATH ROWS_MAX COLUMNS_MAX; always writes one JSON answer unless a limit of the process ends it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[4]))
    from app.interop.sheets.child.limits import (
        ANSWER_CHARACTERS_MAX,
        CPU_SECONDS_MAX,
        MEMORY_BYTES_MAX,
        RefusedError,
    )

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    path, rows_max, columns_max = arguments[0], int(arguments[1]), int(arguments[2])
    try:
        answer = json.dumps(_read(path, rows_max, columns_max))
        if len(answer) > ANSWER_CHARACTERS_MAX:
            raise RefusedError("too_large_unpacked")
    except RefusedError as refusal:
        answer = json.dumps(refusal.answer)
    except MemoryError:
        answer = json.dumps({"refused": "too_large_unpacked"})
    except BaseException:
        # Whatever the archive, XML or sheet library stumbles over, a panic of the latter among it: no proper sheet.
        answer = json.dumps({"refused": "not_a_sheet"})
    sys.stdout.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
