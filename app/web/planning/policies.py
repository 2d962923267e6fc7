"""Policies: the rule by which a program is shared, version after version; a new one begins as a copy of the last."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import FacilityType, Item
from app.catalog.types import Program
from app.core.errors import InvalidInputError, NotFoundError
from app.core.http.deps import Reader
from app.core.work import Work
from app.planning.policies.models import Policy
from app.planning.policies.schemas import NewPolicy
from app.planning.policies.service import create_policy, policy_in_force
from app.web.kit.columns import Column, Kind, moment_column, person_column, program_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, take_amount, validated
from app.web.kit.tables import Filter, Listing

router = APIRouter(include_in_schema=False)

TIERS_AT_LEAST, BANDS_AT_LEAST = 4, 5
PERMILLE_PER_PERCENT = 10


@router.get("/policies", dependencies=[needs(Right.PLAN_READ)])
def show_policies(page: Page, session: Reader) -> Response:
    """Every version of every program, the newest first."""
    words = page.words
    columns: list[Column[Policy]] = [
        Column(
            key="title",
            title="Policy",
            value=words.name_of_policy,
            order=Policy.id,
            link=lambda row: f"/policies/{row.program.value}/{row.version}",
        ),
        program_column(lambda row: row.program, Policy.program),
        Column(key="version", title="Version", value=lambda row: row.version, kind=Kind.NUMBER, order=Policy.version),
        Column(
            key="days",
            title="Days planned ahead",
            value=lambda row: row.horizon_days,
            kind=Kind.NUMBER,
            order=Policy.horizon_days,
        ),
        Column(
            key="firm", title="Firm days", value=lambda row: row.firm_days, kind=Kind.NUMBER, order=Policy.firm_days
        ),
        person_column("by", "Entered by", lambda row: row.created_by, Policy.created_by),
        moment_column("at", "Entered at", lambda row: row.created_at, Policy.created_at),
    ]
    programs = [(one.value, words(f"program.{one.value}")) for one in Program]
    listing = Listing(
        file_name="Policies",
        rows=select(Policy),
        columns=columns,
        key=Policy.id,
        sort="-title",
        filters=[
            Filter(
                key="program",
                title="Program",
                choices=programs,
                narrow=lambda query, value: query.where(Policy.program == Program(value)),
            )
        ],
        empty="There is no policy yet: enter one, or nothing can be planned.",
    )
    return page.render_list(session, listing, "planning/policies.html", programs=programs)


@router.get("/policies/new", dependencies=[needs(Right.POLICY_WRITE)])
def show_entry(page: Page, session: Reader, program: Annotated[Program, Query()] = Program.MEDICAL) -> Response:
    """The next version of a program's policy, to be changed from the last."""
    return _entry(page, session, Form(values=_as_typed(_last(session, program))), program)


def _last(session: Session, program: Program) -> Policy | None:
    try:
        return policy_in_force(session, program)
    except NotFoundError:
        return None


def _as_typed(policy: Policy | None) -> Typed:
    """A policy as the form has it: caps in per cent by band and tier."""
    if policy is None:
        return {
            "horizon_days": "7",
            "firm_days": "2",
            "max_age_hours": "24",
            "history_days": "14",
            "allows_partial": "false",
        }
    return {
        "horizon_days": str(policy.horizon_days),
        "firm_days": str(policy.firm_days),
        "max_age_hours": str(policy.max_age_hours),
        "history_days": str(policy.history_days),
        "allows_partial": "true" if policy.allows_partial else "false",
        "title_zh": policy.title_zh,
        "title_en": policy.title_en,
        "bands": [
            {
                "name_zh": band.name_zh,
                "name_en": band.name_en,
                **{f"tier_{cap.tier}": f"{cap.cap_permille / PERMILLE_PER_PERCENT:g}" for cap in band.caps},
            }
            for band in policy.bands
        ],
        "tier_of": {row.facility_type.code: str(row.tier) for row in policy.tiers},
        "reserve_of": {row.item.code: str(row.quantity) for row in policy.reserves},
    }


def _entry(page: PageContext, session: Session, form: Form, program: Program) -> Response:
    types = session.scalars(select(FacilityType).where(~FacilityType.keeps_stock).order_by(FacilityType.id)).all()
    items = session.scalars(select(Item).where(Item.program == program).order_by(Item.id)).all()
    named = [int(tier) for tier in form.values.get("tier_of", {}).values() if str(tier).isascii() and tier.isdigit()]
    tiers = range(1, min(99, max([TIERS_AT_LEAST, *named])) + 1)
    return page.render(
        "planning/policy_entry.html",
        form=form,
        program=program,
        types=types,
        items=items,
        tiers=tiers,
        bands=form.rows("bands", at_least=BANDS_AT_LEAST),
    )


@router.post("/policies", dependencies=[needs(Right.POLICY_WRITE)])
def enter_policy(sent: SentForm) -> Response:
    """Enter the next version with one's own name; it is in force from now on."""
    page = sent.page
    program = Program.LIVING if sent.typed.get("program") == Program.LIVING.value else Program.MEDICAL

    def act(work: Work, typed: Typed) -> str:
        new = validated(NewPolicy, _as_payload(typed))
        policy = create_policy(work, new)
        return f"/policies/{policy.program.value}/{policy.version}"

    return sent.run(act, lambda session, form: _entry(page, session, form, program))


def _as_payload(typed: Typed) -> Typed:
    """What was typed, as the REST call has it; raises `InvalidInputError` for shares that are no per cent."""
    faults = []
    bands = typed.get("bands", [])
    for position, band in enumerate(bands if isinstance(bands, list) else []):
        caps = []
        for name in [name for name in band if name.startswith("tier_")]:
            try:
                take_amount(band, name, into="cap", per_unit=PERMILLE_PER_PERCENT)
            except InvalidInputError as refusal:
                faults += [
                    type(fault)(fault.code, "This must be a share in per cent.", f"bands.{position}.{name}")
                    for fault in refusal.faults
                ]
            else:
                caps.append({"tier": name.removeprefix("tier_"), "cap_permille": band.pop("cap")})
        band["caps"] = caps
    InvalidInputError.raise_if(faults)
    tier_of, reserve_of = typed.pop("tier_of", {}), typed.pop("reserve_of", {})
    typed["tiers"] = [{"facility_type": code, "tier": tier} for code, tier in dict(tier_of).items()]
    typed["reserves"] = [{"item": code, "quantity": units} for code, units in dict(reserve_of).items()]
    return typed


@router.get("/policies/{program}/{version}", dependencies=[needs(Right.PLAN_READ)])
def show_policy(
    program: Program, version: Annotated[int, Path(ge=1, le=10**6)], page: Page, session: Reader
) -> Response:
    """One version: who is served up to what in which order, what is kept back."""
    policy = policy_in_force(session, program, version)
    tiers = sorted({row.tier for row in policy.tiers} | {cap.tier for band in policy.bands for cap in band.caps})
    newest = policy_in_force(session, program)
    return page.render("planning/policy.html", policy=policy, tiers=tiers, is_newest=newest.version == policy.version)
