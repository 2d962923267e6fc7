"""Lanes: those that are there, each with its form; and those that follow from the map, to be entered or not."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.errors import InvalidInputError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.facilities.lane_proposals import LaneProposalRule, LaneProposals, enter_proposed, proposed_lanes
from app.facilities.models import Facility, Lane
from app.facilities.schemas import LaneChange
from app.facilities.service import change_lane, delete_lane, lane_of, select_lanes
from app.facilities.types import Weekday
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, take_amount, validated, whole_payload
from app.web.kit.tables import Filter, Listing, warehouse_filter

router = APIRouter(include_in_schema=False)

SHOWN_MAX = 200
MICROYUAN = 1_000_000
_BOXES = ("only_without",)


@router.get("/lanes", dependencies=[needs(Right.CATALOG_READ)])
def show_lanes(page: Page, session: Reader) -> Response:
    """All lanes."""

    def weekdays(row: Lane) -> str:
        days = [page.words(f"weekday.{day.value}") for day in row.departs_on]
        return page.words("every day") if len(days) == len(Weekday) else page.words(", ").join(days)

    columns: list[Column[Lane]] = [
        Column(key="warehouse", title="From warehouse", value=lambda row: row.warehouse, kind=Kind.NAME),
        Column(
            key="facility",
            title="To facility",
            value=lambda row: row.facility,
            kind=Kind.NAME,
            link=lambda row: f"/lanes/{row.warehouse.code}/{row.facility.code}",
        ),
        Column(
            key="lead_days",
            title="Days on the way",
            value=lambda row: row.lead_days,
            kind=Kind.NUMBER,
            order=Lane.lead_days,
        ),
        Column(
            key="piece",
            title="Freight a piece in yuan",
            value=lambda row: row.cost_microyuan_per_piece / MICROYUAN,
            kind=Kind.NUMBER,
            order=Lane.cost_microyuan_per_piece,
        ),
        Column(
            key="kg",
            title="Freight a kilogram in yuan",
            value=lambda row: row.cost_microyuan_per_kg / MICROYUAN,
            kind=Kind.NUMBER,
            order=Lane.cost_microyuan_per_kg,
        ),
        Column(key="driven", title="Driven on", value=weekdays),
    ]
    filters = [
        Filter(key="q", title="Facility", narrow=lambda rows, text: rows.where(_named(text))),
        warehouse_filter(session, page.words, lambda rows, code: rows.where(Lane.warehouse.has(Facility.code == code))),
    ]
    listing = Listing(
        file_name="Lanes",
        rows=select_lanes(),
        columns=columns,
        filters=filters,
        key=Lane.id,
        empty="No lane yet: nothing can be sent anywhere. Let lanes be proposed from the map.",
    )
    return page.render_list(session, listing, "setup/lanes.html")


def _named(text: str) -> Any:
    parts = (Facility.code, Facility.name_zh, Facility.name_en)
    return Lane.facility.has(parts[0].icontains(text) | parts[1].icontains(text) | parts[2].icontains(text))


@router.get("/lanes/{warehouse}/{facility}", dependencies=[needs(Right.CATALOG_READ)])
def show_lane(warehouse: Code, facility: Code, page: Page, session: Reader) -> Response:
    """One lane, with a form to change it."""
    return _lane_page(page, session, warehouse, facility, Form())


def _lane_page(page: PageContext, session: Session, warehouse: str, facility: str, form: Form) -> Response:
    lane = lane_of(session, warehouse, facility)
    return page.render("setup/lane.html", form=form, lane=lane, weekdays=list(Weekday), microyuan=MICROYUAN)


@router.post("/lanes/{warehouse}/{facility}", dependencies=[needs(Right.CATALOG_WRITE)])
def change_one(warehouse: Code, facility: Code, sent: SentForm) -> Response:
    """Days, freight and weekdays of a lane; or the lane is closed."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        if typed.pop("close", "") == "yes":
            delete_lane(work, warehouse, facility)
            return "/lanes"
        take_amount(typed, "piece", into="cost_microyuan_per_piece", per_unit=MICROYUAN)
        take_amount(typed, "kg", into="cost_microyuan_per_kg", per_unit=MICROYUAN)
        typed["departs_on"] = [day.value for day in Weekday if typed.pop(f"day_{day.value}", "") == "yes"]
        change_lane(work, warehouse, facility, whole_payload(FormReader(work.session), LaneChange, typed))
        return "/lanes"

    return sent.run(act, lambda session, form: _lane_page(page, session, warehouse, facility, form))


@router.get("/city-setup/lanes", dependencies=[needs(Right.CATALOG_WRITE)])
def show_proposals(page: Page, session: Reader, request: Request) -> Response:
    """What the rule proposes; the rule stands in the form."""
    typed = {name: text for name, text in request.query_params.items() if text and name in _FIELDS}
    rule = _rule(dict(typed)) if typed else LaneProposalRule()
    return _proposals_page(page, proposed_lanes(session, rule), Form(values=typed))


_FIELDS = ("road_factor", "same_day_km", "km_a_day", "nearest", "reach_km", *_BOXES)


def _rule(typed: Typed) -> LaneProposalRule:
    take_amount(typed, "road_factor", into="road_factor_permille", per_unit=1000)
    given = {name: text for name, text in typed.items() if name not in (*_BOXES, "form_key", "see")}
    return validated(LaneProposalRule, given | {"only_without": typed.get("only_without") == "yes"})


def _proposals_page(page: PageContext, found: LaneProposals, form: Form) -> Response:
    return page.render(
        "setup/lane_proposals.html", form=form, found=found, shown_max=SHOWN_MAX, defaults=LaneProposalRule()
    )


@router.post("/city-setup/lanes", dependencies=[needs(Right.CATALOG_WRITE)])
def enter_proposals(sent: SentForm) -> Response:
    """Enter all lanes that the rule proposes."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        if "road_factor" not in typed:
            raise InvalidInputError.of("This field is missing.", where="road_factor", code="missing")
        enter_proposed(work, _rule(typed))
        return "/lanes"

    def again(session: Session, form: Form) -> Response:
        return _proposals_page(page, proposed_lanes(session, LaneProposalRule()), form)

    return sent.run(act, again)
