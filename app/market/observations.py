"""Observations: entered by market monitors, asked about where they look wrong, accepted or rejected."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.rules import repeated_faults
from app.core.errors import ConflictError, Fault, InvalidInputError
from app.core.records import lock_one_row, one_row, rows_by_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.market.alerts import lock_alerts, look_at, withdraw_alerts
from app.market.models import MarketObservation, MarketSeries
from app.market.rules import USUAL_DAYS, median_of, question_of
from app.market.schemas import NewObservation, NewObservations, ObservationDecision, ObservationView
from app.market.types import PRICES, ObservationState, Question, SeriesKind

OLDEST_DAYS = 400
"""Values of earlier days are entered once, when a series begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A value with what was found about it."""

    question: Question | None
    usual: int | None


def select_observations(
    *,
    series: str | None = None,
    day: date | None = None,
    state: ObservationState | None = None,
    newest: bool | None = None,
) -> Select[MarketObservation]:
    """The observations that all the filters given let pass."""
    query = select(MarketObservation).join(MarketObservation.series)
    if series is not None:
        query = query.where(MarketSeries.code == series)
    if day is not None:
        query = query.where(MarketObservation.day == day)
    if state is not None:
        query = query.where(MarketObservation.state == state)
    if newest is not None:
        query = query.where(MarketObservation.is_newest == newest)
    return query


def observation_by_id(session: Session, observation_id: int) -> MarketObservation:
    """The observation; raises `NotFoundError`."""
    query = select(MarketObservation).where(MarketObservation.id == observation_id)
    return one_row(session, query, "observation", observation_id)


def lock_observation(session: Session, observation_id: int) -> MarketObservation:
    """The observation under a row lock until the transaction ends; raises `NotFoundError`."""
    query = select(MarketObservation).where(MarketObservation.id == observation_id)
    return lock_one_row(session, MarketObservation, query, "observation", observation_id)


def accepted_between(session: Session, series_id: int, first: date, last: date) -> Sequence[MarketObservation]:
    """The values of a series that count, in the order of their days."""
    query = select(MarketObservation).where(
        MarketObservation.series_id == series_id,
        MarketObservation.is_newest,
        MarketObservation.state == ObservationState.ACCEPTED,
        MarketObservation.day.between(first, last),
    )
    return session.scalars(query.order_by(MarketObservation.day)).unique().all()


def enter_observations(work: Work, new: NewObservations) -> list[MarketObservation]:
    """Enter values, all or none; those that look wrong are stored as questioned, not refused.

    Raises `InvalidInputError` with every fault: series that are unknown or no longer observed, days to come,
    and more outlets open than there are.
    """
    rows = new.observations
    faults = repeated_faults([f"{one.series} {one.day}" for one in rows], "observations")
    known = rows_by_code(
        work.session,
        MarketSeries,
        "series",
        [one.series for one in rows],
        where="observations.{n}.series",
        faults=faults,
    )
    for n, one in enumerate(rows):
        if one.series in known:
            faults += [fault.below(f"observations.{n}") for fault in _faults_of(one, known[one.series], work.today)]
    InvalidInputError.raise_if(faults)
    ids = sorted({row.id for row in known.values()})
    _lock_series(work.session, ids)
    lock_alerts(work.session, ids, work.today)
    before = _newest_of(work.session, ids, {one.day for one in rows})
    entered = [_enter(work, known[one.series], one, before) for one in sorted(rows, key=lambda one: one.day)]
    work.session.flush()
    work.record(
        "OBSERVATIONS_ENTERED",
        "market_observation",
        entered[0].id,
        after={"observations": [ObservationView.snapshot(row) for row in entered]},
    )
    for row in entered:
        look_at(work, row)
    return entered


def _lock_series(session: Session, ids: Sequence[int]) -> None:
    """Row locks in id order: two people who enter the same day make two revisions, one after the other."""
    query = select(MarketSeries.id).where(MarketSeries.id.in_(ids)).order_by(MarketSeries.id)
    session.scalars(query.with_for_update(of=MarketSeries)).all()


def _faults_of(new: NewObservation, series: MarketSeries, today: date) -> list[Fault]:
    faults = []
    if not series.active:
        faults.append(Fault("series_over", "This series is not observed any more.", "series"))
    if new.day > today:
        faults.append(Fault("day_to_come", "This day has not come yet.", "day"))
    elif new.day < today - timedelta(days=OLDEST_DAYS):
        faults.append(Fault("day_too_old", "This day is more than {days} days ago.", "day", {"days": OLDEST_DAYS}))
    if series.kind in PRICES and new.value == 0:
        faults.append(Fault("price_zero", "A price must be above zero.", "value"))
    if series.kind not in PRICES and new.cost_fen is not None:
        faults.append(Fault("cost_without_price", "Only a price has a cost.", "cost_fen"))
    if series.kind is SeriesKind.OUTLETS_OPEN and series.out_of is not None and new.value > series.out_of:
        message = "There are only {out_of} outlets."
        faults.append(Fault("too_many_outlets", message, "value", {"out_of": series.out_of}))
    return faults


def _newest_of(session: Session, ids: Sequence[int], days: Set[date]) -> Mapping[tuple[int, date], MarketObservation]:
    """The newest revisions of these series in the span of these days, in one query for all that is entered."""
    query = select(MarketObservation).where(
        MarketObservation.series_id.in_(ids),
        MarketObservation.is_newest,
        MarketObservation.day.between(min(days), max(days)),
    )
    return {(row.series_id, row.day): row for row in session.scalars(query).unique()}


def _judge(session: Session, series: MarketSeries, new: NewObservation) -> Judged:
    if new.confirmed:
        return Judged(question=None, usual=None)
    before = accepted_between(session, series.id, new.day - timedelta(days=USUAL_DAYS), new.day - timedelta(days=1))
    usual = median_of([row.value for row in before])
    wholesale = _wholesale(session, series, new.day) if series.kind is SeriesKind.RETAIL_PRICE else None
    question = question_of(new.value, usual, wholesale=wholesale)
    return Judged(question=question, usual=wholesale if question is Question.BELOW_WHOLESALE else usual)


def _wholesale(session: Session, series: MarketSeries, day: date) -> int | None:
    """The median of the wholesale prices of the same item on the newest of the last seven days that has any."""
    query = (
        select(MarketObservation)
        .join(MarketObservation.series)
        .where(
            MarketSeries.item_id == series.item_id,
            MarketSeries.kind == SeriesKind.WHOLESALE_PRICE,
            MarketObservation.is_newest,
            MarketObservation.state == ObservationState.ACCEPTED,
            MarketObservation.day.between(day - timedelta(days=USUAL_DAYS), day),
        )
    )
    rows = session.scalars(query).unique().all()
    newest = max((row.day for row in rows), default=None)
    return median_of([row.value for row in rows if row.day == newest])


def _enter(
    work: Work,
    series: MarketSeries,
    new: NewObservation,
    replaced: Mapping[tuple[int, date], MarketObservation],
) -> MarketObservation:
    session = work.session
    judged = _judge(session, series, new)
    before = replaced.get((series.id, new.day))
    if before is not None:
        before.is_newest = False
        session.flush()
    row = MarketObservation(
        series=series,
        day=new.day,
        revision=before.revision + 1 if before is not None else 1,
        is_newest=True,
        value=new.value,
        cost_fen=new.cost_fen,
        source=new.source or "",
        state=ObservationState.ACCEPTED if judged.question is None else ObservationState.QUESTIONED,
        question=judged.question,
        usual=judged.usual if judged.question is not None else None,
        entered_at=work.now,
        entered_by=work.actor.name,
        decided_by="",
        reason="",
    )
    session.add(row)
    return row


def decide(
    work: Work, observation_id: int, decision: ObservationDecision, if_match: Precondition = ANY_VERSION
) -> MarketObservation:
    """Accept a questioned value, or keep it out for good.

    Raises `ConflictError` where it is not questioned any more, or another value took its place.
    """
    series_id = observation_by_id(work.session, observation_id).series_id
    _lock_series(work.session, [series_id])
    lock_alerts(work.session, [series_id], work.today)
    row = if_match.check(lock_observation(work.session, observation_id))
    if row.state is not ObservationState.QUESTIONED or not row.is_newest:
        raise ConflictError.of("This value is not questioned any more.", code="not_questioned")
    before = ObservationView.snapshot(row)
    row.state = ObservationState.ACCEPTED if decision.accept else ObservationState.REJECTED
    row.decided_at, row.decided_by, row.reason = work.now, work.actor.name, decision.reason
    work.record_change(
        "OBSERVATION_DECIDED", "market_observation", row.id, before=before, after=ObservationView.snapshot(row)
    )
    work.session.flush()
    if decision.accept:
        look_at(work, row)
    else:
        withdraw_alerts(work, row.series, row.day)
    return row
