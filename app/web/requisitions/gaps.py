"""Who has not reported, and the reminders to them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import FacilityType
from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError
from app.core.http.deps import Reader
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import select_zones, zone_ids_below
from app.requisitions.gaps import last_reports, select_silent_facilities
from app.requisitions.reminder_schemas import NewReminders
from app.requisitions.reminders import Reminded, remind, reminded
from app.requisitions.rules import Thresholds
from app.web.kit.choices import facility_choices
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Chosen, Form, Typed, validated
from app.web.kit.rendering import Words
from app.web.kit.tables import Column, Filter, Kind, Listing
from app.web.requisitions.lines import program_of

router = APIRouter(include_in_schema=False)

GAPS = "/reporting-gaps"
WITHIN_DAYS = (0, 3, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A facility that has been silent, since when, and how often it was reminded of it."""

    facility: Facility
    last_reported_on: date | None
    days_since: int | None
    reminders: Reminded | None


@router.get(GAPS, dependencies=[needs(Right.NEEDS_READ)])
def show_gaps(
    page: Page,
    session: Reader,
    program: Annotated[Program, Query()] = Program.MEDICAL,
    within_days: Annotated[int, Query(ge=0, le=3660)] = Thresholds().stale_after_days,
) -> Response:
    """Facilities that should report and have not done so lately, the longest silence first."""
    return _page(page, session, Form(), program, within_days)


@router.post(GAPS, dependencies=[needs(Right.REQUISITION_REVIEW)])
def remind_chosen(sent: SentForm, chosen: Chosen) -> Response:
    """Record that the ticked facilities were told; all of them, or none."""
    page, program = sent.page, program_of(sent.typed)

    def act(work: Work, typed: Typed) -> str:
        if not chosen:
            nothing = Fault("nothing_chosen", "Tick at least one facility.")
            InvalidInputError.raise_if([nothing, *_without_addressee(typed)])
        values: Typed = {"program": program, "facilities": chosen}
        values |= {name: typed[name] for name in ("addressee", "note") if name in typed}
        remind(work, validated(NewReminders, values))
        return f"{GAPS}?program={program.value}&recorded={len(chosen)}"

    def again(session: Session, form: Form) -> Response:
        return _page(page, session, form, program, Thresholds().stale_after_days)

    return replace(sent, typed={**sent.typed, "chosen": chosen}).run(act, again)


def _without_addressee(typed: Typed) -> list[Fault]:
    return [] if "addressee" in typed else [Fault("missing", "This field is missing.", "addressee")]


NOBODY = "No facility is entered yet, so nobody can report. Enter facilities under Set up first."


def _page(page: PageContext, session: Session, form: Form, program: Program, within_days: int) -> Response:
    words = page.words
    is_reviewer = page.actor.may(Right.REQUISITION_REVIEW)
    rows = gaps_of(session, program, page.clock.today(), within_days=within_days)
    listing = Listing(
        file_name="Reports missing",
        rows=rows,
        columns=_columns(words),
        filters=_filters(session, words, rows),
        chosen_by=(lambda gap: gap.facility.code) if is_reviewer else None,
        empty="Everybody has reported." if facility_choices(session, words) else NOBODY,
    )
    return page.render_list(
        session,
        listing,
        "requisitions/gaps.html",
        form=form,
        program=program,
        within_days=within_days,
        choices=WITHIN_DAYS,
        is_reviewer=is_reviewer,
        recorded=page.count_told("recorded"),
    )


def gaps_of(session: Session, program: Program, today: date, *, within_days: int) -> list[Gap]:
    """The silent facilities of a program: those that never reported first, then the longest silence."""
    facilities = session.scalars(select_silent_facilities(program, today - timedelta(days=within_days))).unique().all()
    ids = [facility.id for facility in facilities]
    last = last_reports(session, program, ids)
    reminders = reminded(session, program, ids, last)
    found = [
        Gap(
            facility=one,
            last_reported_on=last.get(one.id),
            reminders=reminders.get(one.id),
            days_since=(today - last[one.id]).days if one.id in last else None,
        )
        for one in facilities
    ]
    return sorted(found, key=lambda gap: (gap.last_reported_on or date.min, gap.facility.code))


def _columns(words: Words) -> list[Column[Gap]]:
    return [
        Column(key="facility", title="Facility", value=lambda gap: words.name(gap.facility), sortable=True),
        Column(
            key="type",
            title="Kind",
            value=lambda gap: words.name(gap.facility.facility_type),
            sortable=True,
        ),
        Column(key="zone", title="Zone", value=lambda gap: words.name(gap.facility.zone), sortable=True),
        Column(key="last", title="Last report", value=lambda gap: gap.last_reported_on, kind=Kind.DAY, sortable=True),
        Column(
            key="days",
            title="Days since",
            value=lambda gap: gap.days_since,
            kind=Kind.NUMBER,
            sortable=True,
            tone=lambda gap: "low" if gap.days_since is not None else "",
        ),
        Column(
            key="reminders",
            title="Reminders",
            kind=Kind.NUMBER,
            sortable=True,
            value=lambda gap: gap.reminders.times if gap.reminders else 0,
        ),
        Column(
            key="reminded_at",
            title="Last reminder",
            kind=Kind.MOMENT,
            sortable=True,
            value=lambda gap: gap.reminders.last_at if gap.reminders else None,
        ),
        Column(
            key="addressee",
            title="To whom",
            value=lambda gap: gap.reminders.addressee if gap.reminders else None,
        ),
    ]


def _filters(session: Session, words: Words, rows: Sequence[Gap]) -> list[Filter]:
    zones = [(one.code, words.name(one)) for one in session.scalars(select_zones())]
    kinds: dict[str, FacilityType] = {gap.facility.facility_type.code: gap.facility.facility_type for gap in rows}

    def in_zone(found: Sequence[Gap], value: str) -> list[Gap]:
        ids = zone_ids_below(session, value)
        return [gap for gap in found if gap.facility.zone_id in ids]

    return [
        Filter(key="zone", title="Zone", choices=zones, narrow=in_zone),
        Filter(
            key="type",
            title="Kind",
            choices=[(code, words.name(kinds[code])) for code in sorted(kinds)],
            narrow=lambda found, value: [gap for gap in found if gap.facility.facility_type.code == value],
        ),
        Filter(
            key="reminded",
            title="Reminded",
            choices=[("yes", words("yes")), ("no", words("no"))],
            narrow=lambda found, value: [gap for gap in found if (gap.reminders is not None) == (value == "yes")],
        ),
    ]
