"""What the library does not tell of an .xlsx workbook: formulas without a value, errors, and the day that is day 0."""

import posixpath
import zipfile
from dataclasses import dataclass, field

from app.interop.sheets.child.limits import Extent
from app.interop.sheets.child.xml_parts import Attributes, local, local_attributes, new_parser, parse_part

Mark = tuple[int, int, str]
"""Row and column from 0, and the error that stands in the cell (empty: a formula without a value)."""


@dataclass(slots=True)
class Marks:
    """Broken cells by the name of their sheet, and whether days count from 1904."""

    broken: dict[str, list[Mark]] = field(default_factory=dict)
    from_1904: bool = False


def xlsx_marks(archive: zipfile.ZipFile, extent: Extent) -> Marks:
    """Read all worksheets once; raises `RefusedError` where they are larger than allowed."""
    marks = Marks()
    names = _sheet_parts(archive, marks)
    for part in archive.namelist():
        if not (part.startswith("xl/worksheets/") and part.endswith(".xml")):
            continue
        extent.next_sheet()
        scan = _Worksheet(extent)
        parse_part(archive, part, scan.parser)
        scan.end_cell()
        if part in names:
            marks.broken[names[part]] = scan.broken
    return marks


def _sheet_parts(archive: zipfile.ZipFile, marks: Marks) -> dict[str, str]:
    """The name of the sheet in each part."""
    sheets: dict[str, str] = {}
    targets: dict[str, str] = {}

    def in_workbook(name: str, attributes: Attributes) -> None:
        if local(name) == "sheet":
            sheets[local_attributes(attributes).get("id", "")] = attributes.get("name", "")
        elif local(name) == "workbookPr":
            marks.from_1904 = attributes.get("date1904", "0") in ("1", "true")

    def in_relations(name: str, attributes: Attributes) -> None:
        if local(name) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    names = set(archive.namelist())
    for part, handler in (("xl/workbook.xml", in_workbook), ("xl/_rels/workbook.xml.rels", in_relations)):
        if part in names:
            parse_part(archive, part, new_parser(handler))
    return {_absolute(target): sheets[key] for key, target in targets.items() if key in sheets}


def _absolute(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


class _Worksheet:
    """One worksheet while it is read: each cell is judged when the next one begins."""

    def __init__(self, extent: Extent) -> None:
        self._extent = extent
        self._row = self._column = 0
        self._kind, self._formula, self._value = "", False, ""
        self.broken: list[Mark] = []
        self.parser = new_parser(self._start)

    def _start(self, name: str, attributes: Attributes) -> None:
        tag = local(name)
        if tag == "c":
            self.end_cell()
            self._column = column_of(attributes["r"]) if "r" in attributes else self._column + 1
            self._kind = attributes.get("t", "")
        elif tag == "row":
            self.end_cell()
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        elif tag == "f":
            self._formula = True
            self._extent.filled(self._row, self._column)
        elif tag in ("v", "is"):
            self._extent.filled(self._row, self._column)
            # Only what may be broken is looked at: reading all text would double the time.
            self.parser.CharacterDataHandler = self._text if self._formula or self._kind == "e" else None
        else:
            self.parser.CharacterDataHandler = None

    def _text(self, text: str) -> None:
        self._value += text

    def end_cell(self) -> None:
        """Judge the cell that ends: an error, or a formula whose value nobody has computed."""
        if self._kind == "e" or (self._formula and self._kind != "str" and not self._value.strip()):
            self.broken.append((self._row - 1, self._column - 1, self._value.strip()[:20]))
        if self._formula or self._kind:
            self.parser.CharacterDataHandler = None
            self._kind, self._formula, self._value = "", False, ""


def column_of(reference: str) -> int:
    """The number of the column of a cell such as AB12; 1 is A."""
    column = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - ord("A") + 1
    return column
