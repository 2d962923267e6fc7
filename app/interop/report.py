"""What became of a file of needs: counts and lists for people, and the list as a CSV file."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.core.i18n import number_text, translate
from app.interop.mapping import ListedNeed, SortedNeeds, facility_key
from app.interop.needs import WhyListed
from app.interop.sheets.tables import Aside

REASONS = {
    WhyListed.NOTHING_ASKED: "asks for nothing",
    WhyListed.UNKNOWN_ITEM: "item name not known",
    WhyListed.SEVERAL_ITEMS: "item name with several meanings",
    WhyListed.NO_QUANTITY: "no quantity given",
    WhyListed.QUANTITY_UNCLEAR: "quantity is no number",
    WhyListed.UNIT_UNCLEAR: "unit not clear",
    WhyListed.REPEATED: "repeats another line",
    WhyListed.BEYOND_HORIZON: "needed after the last day",
}
ASIDE = {
    Aside.TOTAL: "a total",
    Aside.REMARK: "a remark",
    Aside.HEADER_AGAIN: "the header again",
    Aside.NOTHING_ASKED: "asks for nothing",
    Aside.LEFT_OUT: "left out",
}
_HEADER = ("place", "why", "facility", "district", "item_name", "item", "quantity", "said")
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def summary_lines(needs: SortedNeeds, language: str) -> Iterator[str]:
    """The counts, and for each item what was taken of it."""

    def told(message: str, **params: object) -> str:
        shown = {
            name: number_text(value, language) if isinstance(value, int) else value for name, value in params.items()
        }
        return translate(message, language, **shown)

    taken = needs.taken
    yield told("{records} records with {lines} lines read.", records=needs.records, lines=needs.lines)
    facilities = len({facility_key(need.facility, need.district) for need in taken})
    yield told("{lines} lines of {facilities} facilities taken.", lines=len(taken), facilities=facilities)
    if assumed := sum(need.assumed for need in taken):
        yield told("{lines} of them with an assumed quantity.", lines=assumed)
    if without_day := sum(not need.day_given for need in taken):
        yield told(
            "{lines} of them without a day: needed by {day}.",
            lines=without_day,
            day=max(need.needed_by for need in taken if not need.day_given).isoformat(),
        )
    for why, count in Counter(one.why for one in needs.listed).items():
        yield told("{lines} listed, not taken: {why}.", lines=count, why=translate(REASONS[why], language))
    for one in needs.aside:
        place = f"{one.sheet}!{one.number}" if one.sheet else str(one.number)
        yield told("Row {place} is not counted: {why}.", place=place, why=translate(ASIDE[one.why], language))
    yield ""
    yield told("Item: lines, units taken")
    lines, units = Counter[str](), Counter[str]()
    for need in taken:
        lines[need.item] += 1
        units[need.item] += need.quantity
    for item in sorted(units):
        yield f"  {item}: {number_text(lines[item], language)}, {number_text(units[item], language)}"
    doubtful = {name: one for name, one in needs.meanings.items() if one.other_items}
    for name, meaning in doubtful.items():
        yield told(
            "“{name}” is taken as {item}; it also names {others}.",
            name=name,
            item=meaning.item,
            others=", ".join(meaning.other_items),
        )


def listed_lines(needs: SortedNeeds, language: str) -> Iterator[str]:
    """Everything that was listed, a line each."""
    for one in needs.listed:
        district, said = one.district and f"({one.district})", one.said and f"“{one.said}”"
        parts = (one.facility, district, one.item_name, one.quantity and str(one.quantity), said)
        yield f"  {one.place}: {translate(REASONS[one.why], language)}: {' '.join(part for part in parts if part)}"


def write_listed(path: Path, needs: SortedNeeds) -> None:
    """Everything that was listed as a CSV file in UTF-8; cells that office programs would run are kept as text."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows(map(_row, needs.listed))


def _row(one: ListedNeed) -> list[str]:
    cells = (
        one.place,
        one.why.value,
        one.facility,
        one.district,
        one.item_name,
        one.item or "",
        one.quantity or "",
        one.said,
    )
    return [f"'{cell}" if str(cell).startswith(_FORMULA_SIGNS) else str(cell) for cell in cells]
