"""The rows of a city workbook as payloads: codes made where there are none, names looked up, cells read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.catalog.rules import fold_name
from app.catalog.types import BaseUnit
from app.core.errors import Fault
from app.interop.city.columns import Column, Form, Names, read_cell
from app.interop.city.present import City, CityRow
from app.interop.city.reading import ReadCity, ReadRow
from app.interop.city.sheet_kind import SheetKind
from app.interop.sheets.cells import Broken, said

PLACES = ("facilities", "warehouses")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstoodRow:
    """A row whose cells are read: the fields that the sheet has a column for; those left empty are left out."""

    read: ReadRow
    values: CityRow

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two rows the same."""
        return tuple(self.values.get(name) for name in self.read.kind.key)

    def fault(self, fault: Fault) -> Fault:
        """A fault of the payload at its cell."""
        return fault.at(self.read.place(fault.where.split(".")[0]))


class Understanding:
    """Reads rows kind by kind; what cannot be understood is a fault at its cell."""

    def __init__(
        self,
        city: ReadCity,
        there: City,
        *,
        today: date,
        from_1904: bool,
        merged: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`merged`: by kind, what old names of merged rows mean now."""
        self._city, self._there, self._today, self._from_1904 = city, there, today, from_1904
        self.faults: list[Fault] = list(city.faults)
        self._codes: dict[tuple[str, int], str] = {}
        self._names = Names()
        self._weighed = {row["code"]: row["base_unit"] == BaseUnit.GRAM for row in there["items"]}
        for kind, rows in there.items():
            for row in rows:
                if row.get("code") and "name_zh" in row:
                    self._name(kind, row["code"], row["name_zh"], row.get("name_en"))
        self._merged = merged or {}
        for kind, old in self._merged.items():
            for name, into in old.items():
                self._name(kind, into, name)
        for kind, read in city.rows.items():
            if read and read[0].kind.prefix:
                self._make_codes(kind, read)

    def _name(self, kind: str, code: str, *names: str | None) -> None:
        self._names.add(kind, code, *names)
        if kind == "warehouses":
            self._names.add("facilities", code, *names)

    def _make_codes(self, kind: str, rows: list[ReadRow]) -> None:
        """The code of each row: as written, or that of the row of this name that is there, or a new one."""
        there = Names()
        taken = self._names.codes("facilities" if kind in PLACES else kind) | {
            said(row.cells["code"]) for row in rows if "code" in row.cells
        }
        for known in self._there[kind]:
            there.add(kind, known["code"], known["name_zh"])
        prefix = rows[0].kind.prefix
        numbers = [int(found[1]) for code in taken if (found := re.fullmatch(rf"{prefix}-(\d{{1,9}})", code))]
        last = max(numbers, default=0)
        for row in rows:
            name = said(row.cells.get("name_zh"))
            meant = there.meant(kind, name) if name else set()
            into = self._merged_into(kind, said(row.cells.get("code")) or ("" if meant else name))
            if into is not None:
                message = "This one is merged into “{into}”: take the row out."
                self.faults.append(Fault("merged", message, row.place("name_zh"), {"into": into}))
                continue
            if "code" in row.cells:
                code = said(row.cells["code"])
            elif len(meant) == 1:
                code = next(iter(meant))
            elif meant:
                message = "Several rows are called “{text}”: write the code."
                self.faults.append(Fault("several_meant", message, row.place("code"), {"text": name}))
                continue
            else:
                last += 1
                code = f"{prefix}-{last:03d}"
                there.add(kind, code, name)
            self._codes[kind, row.number] = code
            self._name(kind, code, name, said(row.cells.get("name_en")))

    def _merged_into(self, kind: str, text: str) -> str | None:
        return self._merged.get(kind, {}).get(fold_name(text)) if text else None

    def rows_of(self, kind: SheetKind) -> list[UnderstoodRow]:
        """The rows of a kind that could be read; a row named twice is a fault."""
        understood: list[UnderstoodRow] = []
        seen: set[tuple[Any, ...]] = set()
        for read in self._city.rows.get(kind.name, ()):
            row = self._understood(read)
            if row is None:
                continue
            if row.key in seen:
                message = "“{key}” is named twice."
                key = " / ".join(said(read.cells.get(name)) or str(row.values.get(name, "")) for name in kind.key)
                self.faults.append(Fault("repeated", message, read.place(kind.key[0]), {"key": key}))
                continue
            seen.add(row.key)
            understood.append(row)
        return understood

    def _understood(self, read: ReadRow) -> UnderstoodRow | None:
        before, values = len(self.faults), CityRow()
        if read.kind.prefix:
            code = self._codes.get((read.kind.name, read.number))
            if code is None:
                return None
            values["code"] = code
        weighed = self._is_weighed(read)
        for column in read.kind.columns:
            if column.field in values:
                continue
            cell = read.cells.get(column.field)
            if cell is None:
                if column.required and column.field in read.places:
                    self.faults.append(Fault("empty_cell", "This must be filled in.", read.place(column.field)))
                continue
            value, fault = self._read(column, cell, weighed=weighed)
            if fault is not None:
                self.faults.append(fault.at(read.place(column.field)))
            else:
                values[column.field] = fold_name(value) if column.field == "alias" else value
        if read.kind.name == "items" and "base_unit" in values:
            self._weighed[values["code"]] = values["base_unit"] == BaseUnit.GRAM
        return UnderstoodRow(read=read, values=values) if len(self.faults) == before else None

    def _read(self, column: Column, cell: Any, *, weighed: bool) -> tuple[Any, Fault | None]:
        return read_cell(column, cell, names=self._names, weighed=weighed, near=self._today, from_1904=self._from_1904)

    def _is_weighed(self, read: ReadRow) -> bool:
        """Whether quantities of the row are kilograms."""
        field, cell = read.kind.weighed_by, read.cells.get(read.kind.weighed_by)
        column = read.kind.column(field)
        if column is None or cell is None or isinstance(cell, Broken):
            return False
        value, _ = self._read(column, cell, weighed=False)
        return bool(value == BaseUnit.GRAM) if column.form is Form.CHOICE else self._weighed.get(str(value), False)


def by_key(kind: SheetKind, rows: list[CityRow]) -> Mapping[tuple[Any, ...], CityRow]:
    """Rows by what makes them the same."""
    return {tuple(row.get(name) for name in kind.key): row for row in rows}
