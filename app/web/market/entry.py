"""Values entered by hand: one market's list with the values before, on a phone in the market."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.errors import Fault, InvalidInputError
from app.core.http.deps import Reader
from app.core.work import Work
from app.market.models import MarketObservation, MarketSeries
from app.market.observations import enter_observations
from app.market.schemas import NewObservation, NewObservations
from app.market.series import select_series
from app.market.types import PRICES, ObservationState
from app.web.kit.error_texts import at_rows
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, rows_of, validated
from app.web.kit.units import counted_in, priced_by, read_day
from app.web.market.values import fen_of, value_of, value_text

router = APIRouter(include_in_schema=False)


@router.get("/market-entry", dependencies=[needs(Right.MARKET_REPORT)])
def show_entry(page: Page, session: Reader) -> Response:
    """The first market, or the one that was chosen."""
    return _entry(page, session, Form(), page.request.query_params.get("market", ""))


def _entry(page: PageContext, session: Session, form: Form, market: str) -> Response:
    query = select_series(active=True).order_by(MarketSeries.market_id, MarketSeries.supply_group, MarketSeries.id)
    rows = session.scalars(query).unique().all()
    markets = {row.market.code: page.words.name(row.market) for row in rows}
    chosen = market if market in markets else next(iter(markets), "")
    shown = [row for row in rows if row.market.code == chosen]
    before = values_before(session, shown, page.clock.today())
    return page.render(
        "market/entry.html",
        form=form,
        markets=list(markets.items()),
        market=chosen,
        rows=[(row, unit_of(page, row), before.get(row.id)) for row in shown],
        is_price=lambda row: row.kind in PRICES,
        text=lambda row, value: value_text(page.words, row, value),
        entered=page.count_told("entered"),
    )


def unit_of(page: PageContext, series: MarketSeries) -> str:
    """What a value is typed in."""
    if series.item is None:
        return page.words("open, of {count}", count=series.out_of or 0)
    if series.kind in PRICES:
        return page.words("yuan/{unit}", unit=page.words(priced_by(series.item)))
    return page.words(counted_in(series.item))


def values_before(session: Session, rows: Sequence[MarketSeries], today: date) -> Mapping[int, MarketObservation]:
    """The newest value that counts of each series, of the last two weeks, by the series' id."""
    query = select(MarketObservation).where(
        MarketObservation.series_id.in_([row.id for row in rows]),
        MarketObservation.is_newest,
        MarketObservation.state == ObservationState.ACCEPTED,
        MarketObservation.day >= today - timedelta(days=14),
    )
    return {row.series_id: row for row in session.scalars(query.order_by(MarketObservation.day)).unique()}


def read_values(session: Session, typed: Typed) -> tuple[NewObservations, list[int]]:
    """The rows in which something was typed, and their positions on the page.

    Raises `InvalidInputError` with everything that is no number, at its field.
    """
    day = read_day(str(typed.get("day", ""))).isoformat()
    rows = rows_of(typed, "observations")
    known = {row.code: row for row in session.scalars(select_series(active=True)).unique()}
    faults: list[Fault] = []
    values: list[NewObservation] = []
    positions: list[int] = []
    for n, row in enumerate(rows):
        series = known.get(str(row.get("series")))
        if "value" not in row or series is None:
            continue
        read = value_of(series, str(row["value"]), f"observations.{n}.value")
        cost = fen_of(str(row["cost_fen"]), f"observations.{n}.cost_fen") if "cost_fen" in row else None
        wrong = [one for one in (read, cost) if isinstance(one, Fault)]
        if wrong:
            faults += wrong
            continue
        body = {"series": series.code, "day": day, "value": read, "source": typed.get("source")}
        try:
            values.append(validated(NewObservation, {**body, "cost_fen": cost}))
        except InvalidInputError as refusal:
            faults += [fault.below(f"observations.{n}") for fault in refusal.faults]
        positions.append(n)
    if not values and not faults:
        faults.append(Fault("nothing_typed", "No value was typed.", ""))
    InvalidInputError.raise_if(faults)
    return NewObservations(observations=values), positions


@router.post("/market-entry", dependencies=[needs(Right.MARKET_REPORT)])
def enter_values(sent: SentForm) -> Response:
    """Enter what was typed; what looks wrong is asked about on the next page."""
    page = sent.page
    market = str(sent.typed.get("market", ""))

    def act(work: Work, typed: Typed) -> str:
        new, positions = read_values(work.session, typed)
        try:
            rows = enter_observations(work, new)
        except InvalidInputError as refusal:
            raise at_rows(refusal, "observations", positions) from refusal
        asked = sum(row.state is ObservationState.QUESTIONED for row in rows)
        if asked:
            return f"/questioned-values?asked={asked}"
        return f"/market-entry?market={market}&entered={len(rows)}"

    return sent.run(act, lambda session, form: _entry(page, session, form, market))
