"""The sample in a database: loaded once on each kind, then looked at from all sides."""

import re
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.settings import Settings
from app.facilities.models import Facility
from app.planning.policies.service import policy_in_force, raised_tiers
from app.planning.snapshot.facts import take_snapshot
from app.planning.solving.joining import join_departures
from app.procurement.models import FundCommitment, FundSource, Offer, PurchaseOrder
from app.procurement.service import confirmed_arrivals
from app.procurement.types import OfferState
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.types import RequisitionState
from app.sample.load import SAMPLE_DAY, SampleSummary, load_sample
from app.stock.cards import conservation_of, stock_on
from app.stock.models import Lot, StockBalance, StockEvent
from app.stock.types import StockEventKind
from solver import check, solve
from tests.conftest import KINDS, NOON, _database_of, _in_server

HORIZON_END = date(2020, 2, 6)
MASKS = ("medical-respirator", "kn95-respirator", "surgical-mask", "disposable-mask")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A database with the sample in it."""

    database: Database
    clock: Clock
    summary: SampleSummary


@pytest.fixture(scope="module", params=KINDS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """The sample, loaded once for all tests of this file on each kind of database; they only read."""
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("sample") / "tongchou.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url, drop = f"sqlite:///{path}", None
    else:
        server: Engine = request.getfixturevalue("postgresql_server")
        name = f"t_{uuid.uuid4().hex}"
        _in_server(server, f"CREATE DATABASE {name} TEMPLATE template_tongchou STRATEGY FILE_COPY")
        url, drop = _database_of(server, name), lambda: _in_server(server, f"DROP DATABASE {name} WITH (FORCE)")
    settings = Settings(database_url=url)
    database = Database(settings)
    clock = Clock(settings.city_zone, lambda: NOON)
    try:
        yield Loaded(database=database, clock=clock, summary=load_sample(database, clock=clock))
    finally:
        database.close()
        if drop is not None:
            drop()


@pytest.fixture
def session(loaded: Loaded) -> Iterator[Session]:
    with loaded.database.read() as session:
        yield session


def usable_units(session: Session) -> Counter[str]:
    """Units on hand on the sample's day that are neither expired nor blocked, by item."""
    units = Counter[str]()
    for program in Program:
        for row in stock_on(session, SAMPLE_DAY, program=program):
            if not row.unusable:
                units[row.lot.item.code] += row.on_hand
    return units


def arriving_units(session: Session, until: date = HORIZON_END) -> Counter[str]:
    """Units ordered or confirmed, not received, and due by a day, by item."""
    return sum(
        (
            Counter({arrival.item: arrival.units})
            for program in Program
            for arrival in confirmed_arrivals(session, program)
            if arrival.expected_on <= until
        ),
        Counter[str](),
    )


def approved_units(session: Session) -> Counter[str]:
    """Approved units of reviewed requisitions that are needed from the sample's day on, by item."""
    query = (
        select(Item.code, func.sum(RequisitionLine.approved_units))
        .join(RequisitionLine.item)
        .join(RequisitionLine.requisition)
        .where(Requisition.state == RequisitionState.REVIEWED, RequisitionLine.needed_by >= SAMPLE_DAY)
        .group_by(Item.code)
    )
    return Counter({code: units or 0 for code, units in session.execute(query)})


def test_everything_of_the_files_is_there(loaded: Loaded, session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(Facility)) == loaded.summary.facilities == 142
    assert session.scalar(select(func.count()).select_from(Item)) == loaded.summary.items == 25
    assert session.scalar(select(func.count()).select_from(Requisition)) == loaded.summary.requisitions
    lines = session.scalar(select(func.count()).select_from(RequisitionLine))
    assert lines == loaded.summary.requisition_lines


def test_loading_again_is_refused_by_name_and_changes_nothing(loaded: Loaded) -> None:
    with pytest.raises(ConflictError) as refusal:
        load_sample(loaded.database, clock=loaded.clock)
    assert refusal.value.faults[0].code == "not_empty"
    assert refusal.value.faults[0].params == {"count": 142}


def test_a_clock_before_the_sample_is_refused(database: Database, clock: Clock) -> None:
    early = Clock(clock.city_zone, lambda: NOON.replace(day=30))
    with pytest.raises(ConflictError) as refusal:
        load_sample(database, clock=early)
    assert refusal.value.faults[0].code == "day_to_come"


def test_suits_and_goggles_are_covered_to_15_to_50_and_masks_to_50_to_100_percent(session: Session) -> None:
    supply, need = usable_units(session) + arriving_units(session), approved_units(session)
    for item in ("protective-suit", "goggles"):
        assert 0.15 <= supply[item] / need[item] <= 0.50, item
    for item in MASKS:
        assert 0.50 <= supply[item] / need[item] <= 1.00, item


def test_masks_and_disinfectant_are_what_the_city_reported(session: Session) -> None:
    usable, by_3_february = usable_units(session), arriving_units(session, date(2020, 2, 3))
    assert usable["disposable-mask"] == 472_800
    assert usable["disinfectant-500ml"] == 6_000
    assert sum(usable[item] + by_3_february[item] for item in MASKS) == 1_014_000
    assert by_3_february["disinfectant-500ml"] == 4_520


def test_every_lot_conserves(session: Session) -> None:
    lots = session.scalars(select(Lot.id)).all()
    conserved = conservation_of(session, lots)
    assert set(conserved) == set(lots)
    assert {one.difference for one in conserved.values()} == {0}


def test_stock_is_received_moved_and_lost_as_the_files_say(session: Session) -> None:
    by_kind = select(StockEvent.kind, func.sum(StockEvent.quantity)).group_by(StockEvent.kind)
    moved = {kind: units for kind, units in session.execute(by_kind)}  # noqa: C416 - rows, not pairs, to the type checker
    on_hand = session.scalar(select(func.sum(StockBalance.on_hand)))
    assert moved[StockEventKind.RECEIPT] - moved[StockEventKind.LOSS] == on_hand
    assert moved[StockEventKind.TRANSFER] == 400 + 20_000_000


def test_lots_cover_all_channels_and_every_way_of_being_unusable(session: Session) -> None:
    lots = session.scalars(select(Lot)).unique().all()
    assert len({lot.supply_channel for lot in lots}) == 5
    assert [lot.code for lot in lots if lot.blocked_reason is not None] == ["AL-S-0130"]
    expired = {lot.code for lot in lots if lot.expiry_date is not None and lot.expiry_date < SAMPLE_DAY}
    assert expired == {"R-2017-01", "LV-0124"}
    soon = {lot.code for lot in lots if lot.expiry_date is not None and SAMPLE_DAY <= lot.expiry_date < HORIZON_END}
    assert {"R-2017-02", "S-2018-02"} <= soon
    earmarked = {lot.code: len(lot.earmarks) for lot in lots if lot.earmarks}
    assert earmarked == {"3M-CHALING": 3, "3M-YANLING": 3, "3M-YOUXIAN": 3, "HN-S-0128-LK": 1}


def test_funds_hold_what_their_orders_cost_and_one_cannot_pay_for_its_offers(session: Session) -> None:
    for fund in session.scalars(select(FundSource)):
        open_commitments = select(func.sum(FundCommitment.amount_fen)).where(
            FundCommitment.fund_source_id == fund.id, FundCommitment.released_at.is_(None)
        )
        assert (session.scalar(open_commitments) or 0) == fund.committed_fen <= fund.amount_fen
    dues = session.scalars(select(FundSource).where(FundSource.code == "party-dues")).one()
    offers = session.scalars(select(Offer).where(Offer.fund_source_id == dues.id, Offer.state == OfferState.OPEN))
    cost_fen = sum(offer.quantity * offer.unit_price_microyuan // 10_000 for offer in offers)
    assert cost_fen > dues.amount_fen - dues.committed_fen > 0


def test_special_handling_names_its_basis_and_one_order_still_awaits_its_review(session: Session) -> None:
    special = session.scalars(select(PurchaseOrder).where(PurchaseOrder.legal_basis != "")).all()
    assert {order.legal_basis for order in special} == {"财办库〔2020〕23号"}
    assert Counter(order.review_outcome is None for order in special) == {True: 1, False: 1}
    assert all(order.reviewed_by != order.ordered_by for order in special)


def test_requisitions_are_in_the_states_that_the_page_tells_of(session: Session) -> None:
    states = select(Requisition.state, func.count()).group_by(Requisition.state)
    assert {state: count for state, count in session.execute(states)} == {  # noqa: C416
        RequisitionState.DRAFT: 1,
        RequisitionState.SUBMITTED: 7,
        RequisitionState.REVIEWED: 193,
        RequisitionState.REJECTED: 1,
        RequisitionState.WITHDRAWN: 1,
    }


def test_inflated_claims_are_cut_to_what_the_norms_support_with_the_reason(session: Session) -> None:
    cut = (
        session.scalars(select(RequisitionLine).where(RequisitionLine.approved_units < RequisitionLine.requested_units))
        .unique()
        .all()
    )
    facilities = {line.requisition.facility.code for line in cut}
    assert facilities == {"hetang-hospital", "liling-fever-clinic-1", "youxian-community-1", "liling-market-1"}
    assert all(line.approved_units == line.assessed_units and line.approval_reason for line in cut)


def test_policies_and_the_raised_tier_are_in_force(session: Session) -> None:
    for program in Program:
        policy = policy_in_force(session, program)
        assert (policy.version, policy.horizon_days, len(policy.bands)) == (1, 7, 3)
    assert raised_tiers(session, SAMPLE_DAY) == {"hetang-isolation-site-1": 1}


def coverage_rows(session: Session) -> list[str]:
    """The rows of the page's table of need and supply, as they should read."""
    need, usable, arriving = approved_units(session), usable_units(session), arriving_units(session)
    rows = []
    for item in session.scalars(select(Item).order_by(Item.id)):
        scale = 1000 if item.base_unit.value == "gram" else 1
        figures = [units[item.code] / scale for units in (need, usable, arriving)]
        supply = usable[item.code] + arriving[item.code]
        covered = f"{100 * supply / need[item.code]:.0f} %" if need[item.code] else "-"
        rows.append(f"| {item.code} | {' | '.join(f'{figure:,.0f}' for figure in figures)} | {covered} |")
    return rows


def test_the_page_shows_need_and_supply_as_they_are(session: Session) -> None:
    page = (Path(__file__).parents[2] / "docs" / "sample.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| [a-z0-9-]+ \| [0-9,]+ \| [0-9,]+ \| [0-9,]+ \| .+ \|$", page, flags=re.MULTILINE)
    assert shown == coverage_rows(session)


def test_the_plan_makes_few_transfer_orders_without_lower_floors(session: Session) -> None:
    """583 orders before lanes had delivery days and shipments joined earlier departures; floors as they were then."""
    policy = policy_in_force(session, Program.MEDICAL)
    problem = take_snapshot(session, policy, SAMPLE_DAY).problem
    plan = join_departures(problem, solve(problem))
    assert check(problem, plan) == ()
    sites = {one.id: one.site for one in (*problem.supplies, *problem.offers)}
    facilities = {one.id: one.facility for one in problem.demands}
    orders = {(sites[one.source], facilities[one.demand], one.period) for one in plan.shipments}
    assert len(orders) <= 290
    tiers = {one.id: one.tier for one in problem.demands}
    floors = {1: 1.0, 2: 1.0, 3: 1.0}
    for outcome in plan.demands:
        floors[tiers[outcome.demand]] = min(floors[tiers[outcome.demand]], outcome.shares[0])
    print(f"{len(orders)} transfer orders, lowest floors by tier: {floors}")
    assert floors[1] >= 0.4004
    assert floors[2] >= 0.2402
    assert floors[3] >= 0.0999
