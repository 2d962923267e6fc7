"""Markets today: every series with its last value, the change in a week, alarms and values that are asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.market.models import MarketAlert, MarketObservation, MarketSeries
from app.market.series import select_series
from app.market.types import AlertLevel, AlertState, ObservationState, SeriesKind, SupplyGroup
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page
from app.web.kit.rendering import Words
from app.web.kit.tables import Listing, choice_filter, word_filter
from app.web.market.values import value_text

router = APIRouter(include_in_schema=False)

LOOK_BACK_DAYS = 14
"""A last value that is older is not shown as one of today's market."""
CHANGE_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesToday:
    """A series with what is known of it now; None where nothing is."""

    series: MarketSeries
    value: int | None
    day: date | None
    change: float | None
    """Against the newest value that is at least a week older."""
    level: AlertLevel | None
    asked: int


def series_today(session: Session, rows: Sequence[MarketSeries], today: date) -> list[SeriesToday]:
    """What is known of these series, with a query for values, one for alarms and one for questions."""
    ids = [row.id for row in rows]
    values: dict[int, list[tuple[date, int]]] = {}
    query = (
        select(MarketObservation.series_id, MarketObservation.day, MarketObservation.value)
        .where(
            MarketObservation.series_id.in_(ids),
            MarketObservation.is_newest,
            MarketObservation.state == ObservationState.ACCEPTED,
            MarketObservation.day >= today - timedelta(days=LOOK_BACK_DAYS),
        )
        .order_by(MarketObservation.day)
    )
    for series_id, day, value in session.execute(query):
        values.setdefault(series_id, []).append((day, value))
    levels: dict[int, AlertLevel] = {}
    alarms = select(MarketAlert.series_id, MarketAlert.level).where(
        MarketAlert.series_id.in_(ids), MarketAlert.state != AlertState.CLOSED
    )
    for series_id, level in session.execute(alarms):
        if levels.get(series_id) is not AlertLevel.RED:
            levels[series_id] = level
    questions = (
        select(MarketObservation.series_id, func.count())
        .where(
            MarketObservation.series_id.in_(ids),
            MarketObservation.is_newest,
            MarketObservation.state == ObservationState.QUESTIONED,
        )
        .group_by(MarketObservation.series_id)
    )
    asked = {row[0]: row[1] for row in session.execute(questions)}
    return [_told(row, values.get(row.id, []), levels.get(row.id), asked.get(row.id, 0)) for row in rows]


def _told(row: MarketSeries, values: Sequence[tuple[date, int]], level: AlertLevel | None, asked: int) -> SeriesToday:
    if not values:
        return SeriesToday(series=row, value=None, day=None, change=None, level=level, asked=asked)
    day, value = values[-1]
    before = [one for on, one in values if on <= day - timedelta(days=CHANGE_DAYS)]
    change = (value - before[-1]) / before[-1] if before and before[-1] else None
    return SeriesToday(series=row, value=value, day=day, change=change, level=level, asked=asked)


def _columns(words: Words, today: date) -> list[Column[SeriesToday]]:
    def level_word(row: SeriesToday) -> str | None:
        return f"alert_level.{row.level.value}" if row.level is not None else None

    return [
        Column(
            key="item",
            title="Item",
            value=lambda row: row.series.item or row.series.market,
            kind=Kind.NAME,
            link=lambda row: f"/market-series/{row.series.code}",
        ),
        Column(key="market", title="Market", value=lambda row: row.series.market, kind=Kind.NAME),
        Column(
            key="kind",
            title="What is observed",
            value=lambda row: f"series_kind.{row.series.kind.value}",
            kind=Kind.WORD,
        ),
        Column(
            key="value",
            title="Last value",
            value=lambda row: value_text(words, row.series, row.value) if row.value is not None else None,
        ),
        Column(
            key="day",
            title="Day",
            value=lambda row: row.day,
            kind=Kind.DAY,
            sortable=True,
            tone=lambda row: "bad" if row.day is None or row.day < today - timedelta(days=1) else "",
        ),
        Column(key="change", title="In a week", value=lambda row: row.change, kind=Kind.SHARE, sortable=True),
        Column(
            key="alarm",
            title="Alarm",
            value=level_word,
            kind=Kind.WORD,
            tone=lambda row: "low" if row.level is AlertLevel.RED else "",
            link=lambda row: f"/market-alerts?series={row.series.code}" if row.level is not None else None,
        ),
        Column(key="asked", title="Asked about", value=lambda row: row.asked or None, kind=Kind.NUMBER),
    ]


@router.get("/market-series", dependencies=[needs(Right.MARKET_READ)])
def show_today(page: Page, session: Reader) -> Response:
    """All series that are observed, by market."""
    words, today = page.words, page.clock.today()
    query = select_series(active=True).order_by(MarketSeries.market_id, MarketSeries.supply_group, MarketSeries.id)
    rows = session.scalars(query).unique().all()
    markets = {row.market.code: words.name(row.market) for row in rows}
    listing = Listing(
        file_name="Markets today",
        rows=series_today(session, rows, today),
        columns=_columns(words, today),
        filters=[
            choice_filter(
                "market",
                "Market",
                list(markets.items()),
                lambda found, code: [one for one in found if one.series.market.code == code],
            ),
            word_filter(
                words,
                "group",
                "Group",
                "supply_group",
                SupplyGroup,
                lambda found, group: [one for one in found if one.series.supply_group is group],
            ),
            word_filter(
                words,
                "kind",
                "What is observed",
                "series_kind",
                SeriesKind,
                lambda found, kind: [one for one in found if one.series.kind is kind],
            ),
        ],
        empty="Nothing is observed at any market yet.",
    )
    return page.render_list(session, listing, "market/today.html")
