"""Sorts stated needs into those that can be worked with and those that are listed, so that none is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.catalog.rules import fold_name
from app.interop.names import ItemNames, Meaning
from app.interop.needs import NeedFile, StatedNeed, WhyListed
from app.interop.sheets.outcome import AsideRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNeed:
    """A stated need that is not taken, and why; `item` is missing where its name was not understood."""

    why: WhyListed
    place: str
    facility: str
    district: str
    item_name: str
    item: str | None
    quantity: int | None
    said: str = ""
    """The cell that is unclear, as it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenNeed:
    """A need with its item, quantity and day; `assumed` says that the quantity is the operator's assumption."""

    place: str
    facility: str
    district: str
    item: str
    quantity: int
    assumed: bool
    needed_by: date
    day_given: bool
    reason: str
    adds_up: bool = False
    """Another row for the same facility, item and day with another reason is meant besides this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedNeeds:
    """What became of every line of a file, and how each item name was understood."""

    records: int
    lines: int
    taken: tuple[TakenNeed, ...]
    listed: tuple[ListedNeed, ...]
    meanings: Mapping[str, Meaning]
    aside: tuple[AsideRow, ...] = ()


def sort_needs(
    file: NeedFile,
    names: ItemNames,
    *,
    needed_by: date,
    last_day: date | None = None,
    assumed_quantities: Mapping[str, int] | None = None,
) -> SortedNeeds:
    """Take what has a known item, a quantity and a day in time; list everything else with its reason.

    `needed_by` stands in where no day is given; what is needed after `last_day` is listed. `assumed_quantities`, by
    item, stand in where no quantity is given. Where a facility asks for the same item by the same day more than once,
    the largest quantity counts (a stated one before an assumed one) and the others are listed: people who appeal
    twice do not need twice. Rows of a sheet that all give different reasons are departments: all of them count.
    """
    meanings = names.meanings(need.item_name for need in file.needs)
    assumed = assumed_quantities or {}
    listed = [
        ListedNeed(
            why=WhyListed.NOTHING_ASKED,
            place=place,
            facility=facility,
            district="",
            item_name="",
            item=None,
            quantity=None,
        )
        for place, facility in file.without_needs
    ]
    candidates: list[TakenNeed] = []
    for need in file.needs:
        meaning = meanings.get(need.item_name)
        quantity = need.quantity if need.quantity is not None or meaning is None else assumed.get(meaning.item)
        if need.why_listed is not None and (need.why_listed is not WhyListed.NO_QUANTITY or quantity is None):
            listed.append(_listed(need, need.why_listed, meaning.item if meaning else None))
        elif meaning is None:
            listed.append(_listed(need, WhyListed.UNKNOWN_ITEM, None))
        elif quantity is None:
            listed.append(_listed(need, WhyListed.NO_QUANTITY, meaning.item))
        elif last_day is not None and (need.needed_by or needed_by) > last_day:
            listed.append(_listed(need, WhyListed.BEYOND_HORIZON, meaning.item))
        else:
            candidates.append(_taken(need, meaning.item, quantity, needed_by))
    taken, repeated = _without_repeats(candidates)
    by_place = {need.place: need for need in file.needs}
    listed += [_listed(by_place[one.place], WhyListed.REPEATED, one.item) for one in repeated]
    return SortedNeeds(
        records=file.records,
        lines=len(file.needs),
        taken=taken,
        listed=tuple(listed),
        meanings=meanings,
        aside=file.aside,
    )


def _listed(need: StatedNeed, why: WhyListed, item: str | None) -> ListedNeed:
    return ListedNeed(
        why=why,
        place=need.place,
        facility=need.facility,
        district=need.district,
        item_name=need.item_name,
        item=item,
        quantity=need.quantity,
        said=need.said,
    )


def _taken(need: StatedNeed, item: str, quantity: int, needed_by: date) -> TakenNeed:
    return TakenNeed(
        place=need.place,
        facility=need.facility,
        district=need.district,
        item=item,
        quantity=quantity,
        assumed=need.quantity is None,
        needed_by=need.needed_by or needed_by,
        day_given=need.needed_by is not None,
        reason=need.reason,
        adds_up=need.adds_up and bool(need.reason),
    )


def facility_key(facility: str, district: str) -> tuple[str, str]:
    """What tells facilities of a file apart: the folded name, within its district."""
    return fold_name(facility), fold_name(district)


def _without_repeats(needs: Sequence[TakenNeed]) -> tuple[tuple[TakenNeed, ...], tuple[TakenNeed, ...]]:
    together: dict[tuple[tuple[str, str], str, date], list[TakenNeed]] = {}
    for need in needs:
        together.setdefault((facility_key(need.facility, need.district), need.item, need.needed_by), []).append(need)
    kept: set[str] = set()
    for rivals in together.values():
        by_reason: dict[str, TakenNeed] = {}
        add_up = all(need.adds_up for need in rivals)
        for need in rivals:
            key = need.reason if add_up else ""
            best = by_reason.setdefault(key, need)
            if (not need.assumed, need.quantity) > (not best.assumed, best.quantity):
                by_reason[key] = need
        kept |= {need.place for need in by_reason.values()}
    return (
        tuple(need for need in needs if need.place in kept),
        tuple(need for need in needs if need.place not in kept),
    )
