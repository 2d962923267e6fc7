"""Turns the facts of the database into a `solver.Problem`: approved needs, usable stock, arrivals, offers, policy."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

import solver
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import ConflictError, Fault
from app.facilities.models import DispatchCapacity, Facility, Lane
from app.facilities.rules import EVERY_DAY, is_driven_on
from app.planning.commitments.service import promised_units, used_litres
from app.planning.directives.rules import directives_first
from app.planning.directives.served_first import directive_needs
from app.planning.policies.models import Policy
from app.planning.policies.service import raised_tiers
from app.planning.snapshot.history import History, Key, history_of
from app.planning.snapshot.sources import LeftOut, sources_of
from app.planning.snapshot.substitutes import substitutions
from app.procurement.models import FundSource
from app.procurement.service import OpenOffer
from app.requisitions.fulfilment import OpenNeed, open_needs
from solver import problem_to_json

MICRO = 1_000_000
FEN_PER_YUAN = 100
GRAMS_PER_KG = 1_000
MM3_PER_LITRE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The problem of one moment, and which row each of its ids stands for."""

    problem: solver.Problem
    digest: str
    """SHA-256 over the problem and the policy's version: two snapshots with the same digest hold the same facts."""
    needs: Mapping[str, OpenNeed]
    lot_ids: Mapping[str, int]
    offers: Mapping[str, OpenOffer]
    left_out: tuple[LeftOut, ...]
    directives: Mapping[str, int] = field(default_factory=dict)
    """Ids of directives by the demand that stands for them; they are settled before all bands of the policy."""
    own_tiers: Mapping[str, int] = field(default_factory=dict)
    """By demand that stands for a directive: the tier of its facility."""
    barred: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """By item and item asked for: key facilities at which it may not serve for want of a leader's permission."""
    history: Mapping[Key, History] = field(default_factory=dict)
    """By facility and item: what was approved before what is asked for now, and got."""


def take_snapshot(session: Session, policy: Policy, start: date, *, beside_proposals: bool = True) -> Snapshot:
    """The facts as they are now, for a plan that begins on `start`.

    `beside_proposals` leaves the trucks that the newest proposals of other programs would take; an approval does
    not: who is approved first has them.

    Sources are named `item/lot@warehouse`, `document/item` (arrivals) and by the offer's code; needs
    `requisition/item/day`. Raises `ConflictError` naming every facility type that asks but has no tier.
    """
    program, last = policy.program, start + timedelta(days=policy.horizon_days - 1)
    served_first = directive_needs(session, program)
    needs = _needs(session, program, start, policy.horizon_days, served_first.keys())
    sources = sources_of(session, program, start, policy.horizon_days)
    sites = sorted({supply.site for supply in sources.supplies} | {offer.site for offer in sources.offers})
    demands = _demands(session, needs, policy, start)
    tiers = {demand.facility: demand.tier for demand in demands}
    barred: dict[tuple[str, str], Sequence[str]] = {}
    problem = solver.Problem.of(
        start=start,
        periods=policy.horizon_days,
        items=_items(session, program),
        sites=[solver.Site(id=site) for site in sites],
        facilities=[solver.Facility(id=code) for code in _facilities(needs, sources.supplies)],
        lanes=_lanes(session, policy, start, sites, {need.facility for need in needs.values()}),
        supplies=sources.supplies,
        offers=sources.offers,
        funds=_funds(session, list(sources.open_offers.values())),
        demands=demands,
        substitutions=substitutions(session, program, list(needs.values()), tiers, start, barred),
        capacities=_capacities(session, sites, start, last, program if beside_proposals else None),
        reserves=[solver.Reserve(item=row.item.code, quantity=row.quantity) for row in policy.reserves],
        bands=_bands(policy),
    )
    directives = {key: served_first[need.line_id] for key, need in needs.items() if need.line_id in served_first}
    own_tiers = {demand.id: demand.tier for demand in problem.demands if demand.id in directives}
    problem = directives_first(problem, directives)
    return Snapshot(
        problem=problem,
        digest=digest_of(problem, policy),
        needs=needs,
        offers=sources.open_offers,
        lot_ids={key: row.lot.id for key, row in sources.lots.items()},
        left_out=tuple(sources.left_out),
        directives=directives,
        own_tiers=own_tiers,
        barred=barred,
        history=history_of(
            session,
            program,
            start,
            policy.history_days,
            asked_now={need.line_id: need.remaining_units for need in needs.values()},
            left_out=served_first.keys(),
        ),
    )


def _needs(
    session: Session, program: Program, start: date, days: int, served_first: Collection[int]
) -> dict[str, OpenNeed]:
    """What is open less what was promised, by `requisition/item/day`; lines served by directive stay at any age."""
    promised = promised_units(session, program)
    needs = open_needs(session, program, start, days, promised_units=promised, kept=served_first)
    return {f"{need.requisition}/{need.item}/{need.needed_by.isoformat()}": need for need in needs}


def digest_of(problem: solver.Problem, policy: Policy) -> str:
    """What a plan is bound to: changes as soon as anything that it was computed from does."""
    whole = {"policy": [policy.program.value, policy.version], "problem": problem_to_json(problem)}
    canonical = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _bands(policy: Policy) -> list[solver.Band]:
    return [
        solver.Band(name=band.name_zh, caps=tuple((cap.tier, cap.cap_permille / 1000) for cap in band.caps))
        for band in policy.bands
    ]


def _items(session: Session, program: Program) -> list[solver.Item]:
    return [
        solver.Item(
            id=item.code,
            pack=item.pack_units,
            volume=item.volume_mm3_per_unit / MM3_PER_LITRE,
            value=item.value_microyuan_per_unit / MICRO,
        )
        for item in session.scalars(select(Item).where(Item.program == program))
    ]


def _facilities(needs: Mapping[str, OpenNeed], supplies: Sequence[solver.Supply]) -> list[str]:
    """Those who ask, and those for whom something is earmarked though they ask for nothing."""
    earmarked = {code for supply in supplies for code in supply.earmark or ()}
    return sorted({need.facility for need in needs.values()} | earmarked)


def _lanes(
    session: Session, policy: Policy, start: date, sites: Sequence[str], facilities: set[str]
) -> list[solver.Lane]:
    lanes = session.scalars(
        select(Lane).where(
            Lane.warehouse.has(Facility.code.in_(sites)), Lane.facility.has(Facility.code.in_(sorted(facilities)))
        )
    ).unique()
    return [
        solver.Lane(
            site=lane.warehouse.code,
            facility=lane.facility.code,
            days=lane.lead_days,
            cost=lane.cost_microyuan_per_piece / MICRO
            if policy.program is Program.MEDICAL
            else lane.cost_microyuan_per_kg / MICRO / GRAMS_PER_KG,
            departures=departures_of(lane, start, policy.horizon_days),
        )
        for lane in lanes
    ]


def departures_of(lane: Lane, start: date, days: int) -> tuple[int, ...] | None:
    """The periods in which a lane is driven; None: every day."""
    if lane.departure_bits == EVERY_DAY:
        return None
    return tuple(period for period in range(days) if is_driven_on(lane.departure_bits, start + timedelta(days=period)))


def _funds(session: Session, offers: Sequence[OpenOffer]) -> list[solver.Fund]:
    """What is left of the funds; one that only warns may be overspent, but not by a plan's own choice.

    Orders book whole fen, rounded half up for each offer; so does the solver.
    """
    codes = sorted({one.fund for one in offers if one.fund is not None})
    return [
        solver.Fund(
            id=fund.code,
            amount=max(0, fund.amount_fen - fund.committed_fen) / FEN_PER_YUAN,
            rounding="fen",
        )
        for fund in session.scalars(select(FundSource).where(FundSource.code.in_(codes)))
    ]


def _demands(session: Session, needs: Mapping[str, OpenNeed], policy: Policy, start: date) -> list[solver.Demand]:
    tiers = {row.facility_type.code: row.tier for row in policy.tiers}
    raised = raised_tiers(session, start)
    without = sorted({need.facility_type for need in needs.values()} - set(tiers))
    ConflictError.raise_if(
        [
            Fault("no_tier", "The policy gives no tier to facilities of type “{type}”.", params={"type": code})
            for code in without
        ]
    )
    return [
        solver.Demand(
            id=key,
            facility=need.facility,
            item=need.item,
            quantity=need.remaining_units,
            due=need.due_period,
            tier=min(tiers[need.facility_type], raised.get(need.facility, tiers[need.facility_type])),
        )
        for key, need in needs.items()
    ]


def _capacities(
    session: Session, sites: Sequence[str], first: date, last: date, beside: Program | None
) -> list[solver.Capacity]:
    """What may leave each day, less what approved plans and, beside a program, proposals of the others send."""
    rows = session.execute(
        select(Facility.code, DispatchCapacity.day, DispatchCapacity.volume_litres)
        .join(Facility, Facility.id == DispatchCapacity.warehouse_id)
        .where(Facility.code.in_(sites), DispatchCapacity.day.between(first, last))
    )
    used = used_litres(session, first, last, proposed_beside=beside)
    return [
        solver.Capacity(site=code, period=(day - first).days, volume=max(0, litres - used.get((code, day), 0)))
        for code, day, litres in rows
    ]
