"""The needs census: what the city needs by item, by zone and by tier."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.errors import NotFoundError
from app.core.http.deps import Now, Reader
from app.planning.policies.service import policy_in_force, raised_tiers
from app.requisitions.census import Tally, needs_census
from app.requisitions.schemas import CensusRow
from app.web.kit.rendering import PageLanguage, Words
from app.web.kit.tables import Column, Filter, Kind, Listing, show_list

router = APIRouter(include_in_schema=False)

By = Literal["item", "zone", "tier"]
TABS: Sequence[tuple[By, str]] = (("item", "By item"), ("zone", "By zone"), ("tier", "By tier"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Needs for one item, in the whole city or in one zone or tier; `row` is one of the census that it sums up."""

    row: CensusRow
    facility_count: int
    tally: Tally


@router.get("/needs-census", dependencies=[needs(Right.NEEDS_READ)])
def show_census(
    request: Request,
    session: Reader,
    clock: Now,
    language: PageLanguage,
    program: Annotated[Program, Query()] = Program.MEDICAL,
    by: Annotated[By, Query()] = "item",
) -> Response:
    """What is requested, supported by the norms, approved and delivered."""
    words = Words(language)
    rows = summed(census_of(session, program, clock), by)
    listing = Listing(
        file_name="Needs census",
        rows=rows,
        columns=_columns(words, by),
        filters=_filters(words, rows, by),
        empty="Nothing has been handed in in this program yet.",
    )
    return show_list(request, session, language, listing, "requisitions/census.html", program=program, by=by, tabs=TABS)


def census_of(session: Session, program: Program, clock: Clock) -> list[CensusRow]:
    """The census with the tiers of the policy in force and those raised today; without tiers where there is none."""
    tiers: Mapping[str, int] = {}
    try:
        policy = policy_in_force(session, program)
    except NotFoundError:
        pass
    else:
        tiers = {one.facility_type.code: one.tier for one in policy.tiers}
    return needs_census(session, program, tiers=tiers, raised=raised_tiers(session, clock.today()))


def summed(census: Sequence[CensusRow], by: By) -> list[Needs]:
    """The rows of a census summed up by item alone, or by item and zone or tier; a facility has one of each."""
    keys: Mapping[By, Callable[[CensusRow], tuple[Any, ...]]] = {
        "item": lambda row: (row.item,),
        "zone": lambda row: (row.item, row.zone),
        "tier": lambda row: (row.item, row.tier is None, row.tier or 0),
    }
    groups: dict[tuple[Any, ...], Needs] = {}
    for row in census:
        tally = Tally(**{field.name: getattr(row, field.name) for field in fields(Tally)})
        key = keys[by](row)
        known = groups.get(key)
        groups[key] = Needs(
            row=row,
            facility_count=row.facility_count + (known.facility_count if known else 0),
            tally=tally + known.tally if known else tally,
        )
    return [groups[key] for key in sorted(groups)]


def _columns(words: Words, by: By) -> list[Column[Needs]]:
    is_chinese = words.language == "zh-CN"
    place: dict[By, list[Column[Needs]]] = {
        "item": [],
        "zone": [
            Column(
                key="zone",
                title="Zone",
                sortable=True,
                value=lambda one: one.row.zone_name_zh if is_chinese else one.row.zone_name_en,
            )
        ],
        "tier": [Column(key="tier", title="Tier", value=lambda one: one.row.tier, kind=Kind.NUMBER, sortable=True)],
    }

    def units(key: str, title: str) -> Column[Needs]:
        return Column(
            key=key,
            title=title,
            kind=Kind.QUANTITY,
            sortable=True,
            unit=lambda one: one.row.unit.value,
            value=lambda one: getattr(one.tally, f"{key}_units"),
        )

    return [
        Column(
            key="item",
            title="Item",
            sortable=True,
            value=lambda one: one.row.item_name_zh if is_chinese else one.row.item_name_en,
            link=lambda one: f"/requisitions?item={one.row.item}",
        ),
        *place[by],
        Column(
            key="facilities", title="Facilities", value=lambda one: one.facility_count, kind=Kind.NUMBER, sortable=True
        ),
        units("requested", "Requested"),
        units("assessed", "By the norms"),
        Column(
            key="ratio",
            title="Requested / norms",
            kind=Kind.SHARE,
            sortable=True,
            value=_ratio,
            tone=lambda one: "low" if (_ratio(one) or 0) > 2 else "",
        ),
        units("approved", "Approved"),
        units("delivered", "Delivered"),
        Column(
            key="open",
            title="Still open",
            kind=Kind.QUANTITY,
            sortable=True,
            unit=lambda one: one.row.unit.value,
            value=lambda one: max(0, one.tally.approved_units - one.tally.delivered_units),
        ),
    ]


def _ratio(one: Needs) -> float | None:
    """Requested beside what the norms support; None where a line has no norm, for then the two do not compare."""
    if one.tally.lines_without_norm or not one.tally.assessed_units:
        return None
    return one.tally.requested_units / one.tally.assessed_units


def _filters(words: Words, rows: Sequence[Needs], by: By) -> list[Filter]:
    is_chinese = words.language == "zh-CN"
    items = {one.row.item: one.row.item_name_zh if is_chinese else one.row.item_name_en for one in rows}
    zones = {one.row.zone: one.row.zone_name_zh if is_chinese else one.row.zone_name_en for one in rows}
    tiers = sorted({one.row.tier for one in rows if one.row.tier is not None})
    of_item = Filter(
        key="item",
        title="Item",
        choices=sorted(items.items()),
        narrow=lambda found, value: [one for one in found if one.row.item == value],
    )
    of_place: dict[By, list[Filter]] = {
        "item": [],
        "zone": [
            Filter(
                key="zone",
                title="Zone",
                choices=sorted(zones.items()),
                narrow=lambda found, value: [one for one in found if one.row.zone == value],
            )
        ],
        "tier": [
            Filter(
                key="tier",
                title="Tier",
                choices=[(str(tier), str(tier)) for tier in tiers],
                narrow=lambda found, value: [one for one in found if str(one.row.tier) == value],
            )
        ],
    }
    return [of_item, *of_place[by]]
