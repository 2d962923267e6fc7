"""What a fund is committed and spent for, by purpose, and when it runs out at the pace of the last days."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.procurement.models import FundCommitment, FundSource
from app.procurement.pace import PACE_DAYS, RunsOut, runs_out
from app.subsidies.models import SubsidyRun
from app.subsidies.service import REFERENCE_KIND as SUBSIDY
from app.subsidies.types import SubsidyRunState

ORDERS = "purchase_order"
PURPOSES: Mapping[str, str] = {ORDERS: "Purchase orders", "allocation_plan": "Purchases of plans", SUBSIDY: "Subsidies"}
"""The title of each purpose, by the kind of document that takes of the fund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What one kind of document has taken of a fund."""

    title: str
    committed_fen: int
    spent_fen: int


def purposes_of(session: Session, fund: FundSource, goods_fen: int) -> list[Purpose]:
    """Committed and spent by purpose; `goods_fen` is what accepted goods cost. Other documents are shown as such."""
    committed: Counter[str] = Counter()
    for one in session.scalars(_open(fund)):
        committed[one.reference_kind if one.reference_kind in PURPOSES else ""] += one.amount_fen
    paid = (
        select(SubsidyRun.total_fen)
        .join(FundCommitment, FundCommitment.reference_key == SubsidyRun.code)
        .where(
            FundCommitment.reference_kind == SUBSIDY,
            FundCommitment.fund_source_id == fund.id,
            FundCommitment.released_at.is_(None),
            SubsidyRun.state == SubsidyRunState.PAID,
        )
    )
    spent = {ORDERS: goods_fen, SUBSIDY: sum(session.scalars(paid))}
    rows = [
        Purpose(title=title, committed_fen=committed[kind], spent_fen=spent.get(kind, 0))
        for kind, title in PURPOSES.items()
    ]
    if committed[""]:
        rows.append(Purpose(title="Other documents", committed_fen=committed[""], spent_fen=0))
    return rows


def runs_out_on(session: Session, fund: FundSource, clock: Clock) -> RunsOut | None:
    """When a fund is used up at the pace of what was committed in the last days and is not given back."""
    first = clock.today() - timedelta(days=PACE_DAYS - 1)
    since = datetime.combine(first, time(), clock.city_zone)
    daily = [0] * PACE_DAYS
    for one in session.scalars(_open(fund).where(FundCommitment.committed_at >= since)):
        day = (one.committed_at.astimezone(clock.city_zone).date() - first).days
        daily[min(day, PACE_DAYS - 1)] += one.amount_fen
    return runs_out(fund.amount_fen - fund.committed_fen, daily, clock.today())


def _open(fund: FundSource) -> Select[FundCommitment]:
    return select(FundCommitment).where(FundCommitment.fund_source_id == fund.id, FundCommitment.released_at.is_(None))
