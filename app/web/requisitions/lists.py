"""The list of requisitions, and the review of several at once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import Select, or_
from sqlalchemy.orm import Session

from app.auth import Actor, Right, needs
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.errors import Fault, InvalidInputError, ServiceError
from app.core.http.deps import Reader
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import select_zones, zone_ids_below
from app.requisitions.history import active_items, within_norms
from app.requisitions.models import Requisition
from app.requisitions.queries import RequisitionFilter, requisition_view, select_requisitions
from app.requisitions.rules import Flag, Thresholds
from app.requisitions.schemas import REQUISITIONS_MAX, BulkReview, ReviewBasis
from app.requisitions.service import review_all
from app.requisitions.types import RequisitionState
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Chosen, Form, Typed, validated
from app.web.kit.rendering import Words
from app.web.kit.tables import Column, Filter, Kind, Listing
from app.web.kit.units import read_day
from app.web.requisitions.seen import refuse_reviewed

router = APIRouter(include_in_schema=False)

LIST = "/requisitions"


@router.get(LIST, dependencies=[needs(Right.REQUISITION_READ)])
def show_requisitions(page: Page, session: Reader) -> Response:
    """The requisitions, the newest first: one's own for a facility, all for the supplies group."""
    return _page(page, session, Form())


@router.post(LIST, dependencies=[needs(Right.REQUISITION_REVIEW)])
def review_chosen(sent: SentForm, chosen: Chosen) -> Response:
    """Approve the ticked requisitions as requested, or at most at their norms; all of them, or none."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        try:
            bulk = _bulk_review(typed, chosen)
            refuse_reviewed(work.session, [one.requisition for one in bulk.reviews], actor=work.actor)
            review_all(work, bulk)
        except ServiceError as refusal:
            raise type(refusal)(*(_with_its_code(fault, chosen) for fault in refusal.faults)) from refusal
        return f"{LIST}?state={RequisitionState.SUBMITTED}&approved={len(bulk.reviews)}"

    return replace(sent, typed={**sent.typed, "chosen": chosen}).run(
        act, lambda session, form: _page(page, session, form)
    )


def _bulk_review(typed: Typed, chosen: Sequence[str]) -> BulkReview:
    if not chosen:
        raise InvalidInputError.of("Tick at least one requisition.", code="nothing_chosen")
    # The reason belongs to the decision that may cut; approving as requested does not take it along.
    taken = ("basis",) if typed.get("basis") == ReviewBasis.REQUESTED else ("basis", "reason")
    common = {name: typed[name] for name in taken if name in typed}
    return validated(BulkReview, {"reviews": [{**common, "requisition": code} for code in chosen]})


def _with_its_code(fault: Fault, chosen: Sequence[str]) -> Fault:
    """A fault of the n-th review with the requisition that it is about: the list has no rows for its fields."""
    part, *path = fault.where.split(".")
    if part != "reviews" or not path or int(path[0]) >= len(chosen) or fault.code not in _OF_LINES:
        return fault.at("")
    params = {**fault.params, "requisition": chosen[int(path[0])]}
    return Fault(f"{fault.code}_of_line", _OF_LINES[fault.code], "", params)


_OF_LINES = {
    "no_decision": "{requisition}: no norm speaks of {item} by {needed_by}; please review it on its own page.",
    "absurd_figure": "{requisition}: {requested} units of {item} can hardly be meant: review it on its own page.",
    "reason_missing": "{requisition}: {approved} of {requested} units of {item} would be approved: a reason is needed.",
}


def _page(page: PageContext, session: Session, form: Form) -> Response:
    actor = page.actor
    is_reviewer = actor.may(Right.REQUISITION_REVIEW)
    return page.render_list(
        session,
        _listing(session, page.words, actor, page.clock),
        "requisitions/list.html",
        form=form,
        is_reviewer=is_reviewer,
        may_enter=actor.may(Right.REQUISITION_SUBMIT),
        approved=page.count_told("approved"),
        modest=within_norms(session, actor=actor, limit=REQUISITIONS_MAX) if is_reviewer else (),
    )


def _listing(session: Session, words: Words, actor: Actor, clock: Clock) -> Listing[Requisition]:
    today = clock.today()

    def passing(wanted: RequisitionFilter) -> Select[Any]:
        query = select_requisitions(wanted, actor=actor, today=today, thresholds=Thresholds())
        return query.with_only_columns(Requisition.id)

    is_reviewer = actor.may(Right.REQUISITION_REVIEW)
    return Listing(
        file_name="Requisitions",
        rows=select_requisitions(RequisitionFilter(), actor=actor, today=today, thresholds=Thresholds()),
        columns=_columns(words, today),
        filters=_filters(session, words, passing, is_bound=actor.facilities is not None),
        key=Requisition.id,
        sort="-code",
        empty="There is no requisition yet: hand in the first one.",
        chosen_by=_if_submitted if is_reviewer else None,
    )


def _if_submitted(requisition: Requisition) -> str | None:
    return requisition.code if requisition.state is RequisitionState.SUBMITTED else None


def _columns(words: Words, today: date) -> list[Column[Requisition]]:
    def flags(one: Requisition) -> str:
        view = requisition_view(one, today=today, thresholds=Thresholds())
        return words(", ").join(words(f"flag.{flag}") for flag in view.flags)

    return [
        Column(
            key="code",
            title="Code",
            value=lambda one: one.code,
            order=Requisition.id,
            link=lambda one: f"{LIST}/{one.code}",
        ),
        Column(
            key="facility",
            title="Facility",
            value=lambda one: one.facility,
            kind=Kind.NAME,
            order=Facility.name_zh if words.language == "zh-CN" else Facility.name_en,
        ),
        Column(key="zone", title="Zone", value=lambda one: one.facility.zone, kind=Kind.NAME, order=Facility.zone_id),
        Column(
            key="program",
            title="Program",
            value=lambda one: f"program.{one.program.value}",
            kind=Kind.WORD,
            order=Requisition.program,
        ),
        Column(key="state", title="State", value=lambda one: one.state, kind=Kind.STATE, order=Requisition.state),
        Column(
            key="day",
            title="Day of the report",
            value=lambda one: one.reported_on,
            kind=Kind.DAY,
            order=Requisition.reported_on,
        ),
        Column(key="lines", title="Lines", value=lambda one: len(one.lines), kind=Kind.NUMBER),
        Column(key="flags", title="To look at", value=flags, tone=lambda one: "low" if flags(one) else ""),
    ]


def _filters(
    session: Session, words: Words, passing: Callable[[RequisitionFilter], Select[Any]], *, is_bound: bool
) -> list[Filter]:
    """The filters of the list; those of a place are left out for a facility's people, who see only their own."""

    def of(
        key: str, title: str, choices: Sequence[tuple[str, str]], wanted: Callable[[str], RequisitionFilter]
    ) -> Filter:
        return Filter(
            key=key,
            title=title,
            choices=choices,
            narrow=lambda query, value: query.where(Requisition.id.in_(passing(wanted(value)))),
        )

    items = [(item.code, words.name(item)) for program in Program for item in active_items(session, program)]
    filters = [
        of(
            "state",
            "State",
            [(one.value, words(f"state.{one.value}")) for one in RequisitionState],
            lambda value: RequisitionFilter(state=RequisitionState(value)),
        ),
        of(
            "program",
            "Program",
            [(one.value, words(f"program.{one.value}")) for one in Program],
            lambda value: RequisitionFilter(program=Program(value)),
        ),
        of("item", "Item", items, lambda value: RequisitionFilter(item=value)),
        of(
            "flag",
            "To look at",
            [(one.value, words(f"flag.{one.value}")) for one in Flag],
            lambda value: RequisitionFilter(flag=Flag(value)),
        ),
        Filter(
            key="day",
            title="Day of the report",
            is_day=True,
            narrow=lambda query, value: query.where(Requisition.reported_on == read_day(value)),
        ),
    ]
    if is_bound:
        return filters
    zones = [(one.code, words.name(one)) for one in session.scalars(select_zones())]
    places = [
        of("zone", "Zone", zones, lambda value: RequisitionFilter(zone_ids=zone_ids_below(session, value))),
        Filter(key="facility", title="Facility", narrow=_of_facilities_called),
    ]
    return places + filters


def _of_facilities_called(query: Select[Any], text: str) -> Select[Any]:
    return query.where(
        or_(*(column.contains(text, autoescape=True) for column in (Facility.code, Facility.name_zh, Facility.name_en)))
    )
