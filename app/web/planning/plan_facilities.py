"""What a plan does for each facility: the list of them, and one with where its goods come from and why no more."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.records import row_by_code
from app.facilities.models import Facility
from app.planning.plans.explained import (
    ExplainedNeed,
    FacilitySummary,
    explain_facility,
    summarise_facilities,
)
from app.planning.plans.models import AllocationPlan
from app.planning.plans.service import plan_by_code
from app.web.kit.charts import Bar, Chart, stacked_bars
from app.web.kit.columns import share_tone
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Column, Filter, Kind, Listing, show_list

router = APIRouter(include_in_schema=False)


@router.get("/plans/{code}/facilities", dependencies=[needs(Right.PLAN_READ)])
def show_facilities(request: Request, session: Reader, language: PageLanguage, code: Code) -> Response:
    """Every facility with what the plan does for it, the worst off of the first tier first."""
    plan = plan_by_code(session, code)
    words = Words(language)
    rows = summarise_facilities(session, plan)
    listing = Listing(
        file_name="Facilities of the plan",
        rows=rows,
        columns=_facility_columns(code, words),
        filters=_facility_filters(rows, words),
    )
    return show_list(
        request,
        session,
        language,
        listing,
        "planning/needs.html",
        plan=plan,
        program=plan.program,
        tab="facilities",
        title="Facilities of the plan",
        lead="What the plan does for each facility; the worst off of each tier first.",
    )


def _facility_columns(code: str, words: Words) -> list[Column[FacilitySummary]]:
    return [
        Column(
            key="facility",
            title="Facility",
            value=lambda row: words.name(row.facility),
            sortable=True,
            link=lambda row: f"/plans/{code}/facilities/{row.facility.code}",
        ),
        Column(
            key="type",
            title="Kind of facility",
            value=lambda row: words.name(row.facility.facility_type),
            sortable=True,
        ),
        Column(key="zone", title="Zone", value=lambda row: words.name(row.facility.zone), sortable=True),
        Column(key="tier", title="Tier", value=lambda row: row.tier, kind=Kind.NUMBER, sortable=True),
        Column(key="needs", title="Number of needs", value=lambda row: row.needs, kind=Kind.NUMBER, sortable=True),
        Column(key="short", title="Short", value=lambda row: row.short_needs, kind=Kind.NUMBER, sortable=True),
        Column(
            key="mean",
            title="Mean share",
            value=lambda row: row.mean_share,
            kind=Kind.SHARE,
            sortable=True,
            tone=lambda row: share_tone(row.mean_share),
        ),
        Column(
            key="lowest",
            title="Lowest share",
            value=lambda row: row.lowest_share,
            kind=Kind.SHARE,
            sortable=True,
            tone=lambda row: share_tone(row.lowest_share),
        ),
        Column(
            key="even",
            title="Mean share by an even split",
            value=lambda row: row.pro_rata_mean_share,
            kind=Kind.SHARE,
            sortable=True,
        ),
    ]


def _facility_filters(rows: Sequence[FacilitySummary], words: Words) -> list[Filter]:
    zones = sorted({row.facility.zone for row in rows}, key=lambda zone: zone.id)
    return [
        Filter(
            key="zone",
            title="Zone",
            choices=[(zone.code, words.name(zone)) for zone in zones],
            narrow=lambda found, value: [row for row in found if row.facility.zone.code == value],
        ),
        Filter(
            key="tier",
            title="Tier",
            choices=[(str(tier), str(tier)) for tier in sorted({row.tier for row in rows})],
            narrow=lambda found, value: [row for row in found if row.tier == int(value)],
        ),
    ]


@router.get("/plans/{code}/facilities/{facility}", dependencies=[needs(Right.PLAN_READ)])
def show_facility(request: Request, session: Reader, language: PageLanguage, code: Code, facility: Code) -> Response:
    """What one facility gets, beside an even split, where it comes from, and why it gets no more."""
    plan = plan_by_code(session, code)
    place = row_by_code(session, Facility, "facility", facility)
    found = explain_facility(session, plan, place, language)
    return render(
        request,
        "planning/facility.html",
        language,
        plan=plan,
        program=plan.program,
        tab="facilities",
        facility=place,
        needs=found,
        bands=plan.policy.bands,
        chart=_band_chart(found, plan, Words(language)),
        share_tone=share_tone,
    )


def _band_chart(found: Sequence[ExplainedNeed], plan: AllocationPlan, words: Words) -> Chart:
    bars = []
    for need in found:
        steps = [after - before for before, after in zip((0.0, *need.band_shares), need.band_shares, strict=False)]
        label = f"{words.name(need.demand.item)} {need.demand.requisition_line.needed_by:%m-%d}"
        bars.append(Bar(label, tuple(steps), words.share(need.band_shares[-1])))
    names = [words.name(band) for band in plan.policy.bands]
    return stacked_bars(bars, names, title=words("Share of each need that is met, after each band"))
