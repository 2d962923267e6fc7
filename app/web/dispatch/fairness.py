"""Fairness over time: what each facility got of all it was to get, and who stayed below the floor plan after plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import InvalidInputError
from app.core.http.deps import Now, Reader
from app.core.http.payloads import Code
from app.core.records import row_by_code
from app.dispatch.fairness import (
    ALARM_AFTER_PLANS,
    DayShare,
    FairnessFilter,
    fairness_of,
    needs_in_plans,
    select_facilities,
    shares_over_time,
)
from app.dispatch.schemas import FairnessView
from app.facilities.models import Facility
from app.web.kit.charts import Chart, Line, line_chart
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Column, Filter, Kind, Listing, show_list
from app.web.kit.units import read_day

router = APIRouter(include_in_schema=False)

LINES_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fared:
    """A row of the list: how a facility has fared with an item."""

    facility: Facility
    item: Item
    view: FairnessView


@router.get("/fairness", dependencies=[needs(Right.NEEDS_READ)])
def show_fairness(
    request: Request,
    session: Reader,
    clock: Now,
    language: PageLanguage,
    program: Annotated[Program, Query()] = Program.MEDICAL,
) -> Response:
    """Delivered of approved per facility and item, the alarms first."""
    words = Words(language)
    day = _wanted_day(request, clock.today())
    rows = _rows(session, FairnessFilter(program=program, day=day))
    listing = Listing(
        file_name="Fairness over time",
        rows=rows,
        columns=_columns(words, program, day),
        filters=_filters(words, rows),
        empty="No approved need is due by this day. Choose a later day to look ahead.",
    )
    return show_list(
        request,
        session,
        language,
        listing,
        "dispatch/fairness.html",
        program=program,
        programs=list(Program),
        alarms=sum(row.view.alarm for row in rows),
        alarm_after=ALARM_AFTER_PLANS,
        day=day,
    )


def _wanted_day(request: Request, today: date) -> date:
    try:
        return read_day(request.query_params.get("day", "")) if request.query_params.get("day") else today
    except InvalidInputError:
        return today  # the filter itself says what is wrong


def _rows(session: Session, wanted: FairnessFilter) -> list[Fared]:
    facilities = {one.code: one for one in session.scalars(select_facilities(wanted)).unique()}
    items = {one.code: one for one in session.scalars(select(Item).where(Item.program == wanted.program)).unique()}
    views = fairness_of(session, list(facilities.values()), wanted, alarm_after_plans=ALARM_AFTER_PLANS)
    rows = [Fared(facility=facilities[view.facility], item=items[view.item], view=view) for view in views]
    return sorted(rows, key=lambda row: (not row.view.alarm, row.view.share_permille, row.view.facility, row.view.item))


def _columns(words: Words, program: Program, day: date) -> list[Column[Fared]]:
    return [
        Column(
            key="facility",
            title="Facility",
            value=lambda row: words.name(row.facility),
            sortable=True,
            link=lambda row: f"/fairness/{row.facility.code}?program={program.value}&day={day}",
        ),
        Column(key="item", title="Item", value=lambda row: words.name(row.item), sortable=True),
        Column(key="needs", title="Needs due", value=lambda row: row.view.needs, kind=Kind.NUMBER, sortable=True),
        Column(
            key="approved",
            title="Approved quantity",
            value=lambda row: row.view.approved_units,
            kind=Kind.QUANTITY,
            unit=lambda row: row.item.base_unit.value,
            sortable=True,
        ),
        Column(
            key="delivered",
            title="Delivered quantity",
            value=lambda row: row.view.delivered_units,
            kind=Kind.QUANTITY,
            unit=lambda row: row.item.base_unit.value,
            sortable=True,
        ),
        Column(
            key="share",
            title="Share of the need",
            value=lambda row: row.view.share_permille / 1000,
            kind=Kind.SHARE,
            sortable=True,
        ),
        Column(
            key="below",
            title="Plans in a row below the floor",
            value=lambda row: row.view.plans_below_floor,
            kind=Kind.NUMBER,
            sortable=True,
            tone=lambda row: "low" if row.view.alarm else "",
        ),
        Column(
            key="alarm",
            title="Alarm",
            value=lambda row: "BELOW_FLOOR" if row.view.alarm else None,
            kind=Kind.STATE,
            tone=lambda row: "bad" if row.view.alarm else "",
        ),
    ]


def _filters(words: Words, rows: Sequence[Fared]) -> list[Filter]:
    facilities = {row.facility.code: words.name(row.facility) for row in rows}
    items = {row.item.code: words.name(row.item) for row in rows}

    def by_day(given: Sequence[Fared], value: str) -> Sequence[Fared]:
        read_day(value)  # the rows are those of this day already
        return given

    return [
        Filter(
            key="facility",
            title="Facility",
            choices=sorted(facilities.items()),
            narrow=lambda given, value: [row for row in given if row.facility.code == value],
        ),
        Filter(
            key="item",
            title="Item",
            choices=sorted(items.items()),
            narrow=lambda given, value: [row for row in given if row.item.code == value],
        ),
        Filter(
            key="alarm",
            title="Alarm",
            choices=[("yes", words("Only with an alarm"))],
            narrow=lambda given, _value: [row for row in given if row.view.alarm],
        ),
        Filter(key="day", title="Needs due by", is_day=True, narrow=by_day),
    ]


@router.get("/fairness/{facility}", dependencies=[needs(Right.NEEDS_READ)])
def show_facility(
    request: Request,
    facility: Code,
    session: Reader,
    clock: Now,
    language: PageLanguage,
    program: Annotated[Program, Query()] = Program.MEDICAL,
) -> Response:
    """How one facility has fared: its cumulative shares day by day, and what each plan gave beside its floor."""
    words = Words(language)
    found = row_by_code(session, Facility, "facility", facility)
    day = _wanted_day(request, clock.today())
    wanted = FairnessFilter(program=program, day=day, facility=facility)
    shares = shares_over_time(session, found, wanted)
    items = {one.id: one for one in session.scalars(select(Item).where(Item.program == program)).unique()}
    latest = {one.item_id: one for one in shares}
    in_plans = needs_in_plans(session, [found.id], program)
    return render(
        request,
        "dispatch/facility.html",
        language,
        facility=found,
        program=program,
        programs=list(Program),
        latest=sorted(latest.values(), key=lambda one: (one.share, one.item_id)),
        items=items,
        day=day,
        chart=share_lines(shares, items, words) if shares else "",
        in_plans=list(reversed(in_plans)),
    )


def share_lines(shares: Sequence[DayShare], items: Mapping[int, Item], words: Words) -> Chart:
    """Lines of the cumulative shares by day: the mean over all items, and the items that have fared worst."""
    by_day: dict[date, dict[int, float]] = {}
    known: dict[int, float] = {}
    for one in sorted(shares, key=lambda one: (one.day, one.item_id)):
        known[one.item_id] = one.share
        by_day[one.day] = dict(known)
    worst = sorted(known, key=lambda item_id: (known[item_id], item_id))[:LINES_SHOWN_MAX]
    means = [(day, sum(by_item.values()) / len(by_item)) for day, by_item in by_day.items()]
    lines = [Line(words("Mean of all items"), means, strong=True)]
    lines += [
        Line(words.name(items[item_id]), [(day, by_day[day].get(item_id)) for day in by_day]) for item_id in worst
    ]
    title = words("Cumulative share of the approved needs that was delivered, by the day they were due")
    return line_chart(lines, title=title, steps=True)
