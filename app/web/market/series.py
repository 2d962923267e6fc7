"""One series: its chart, its values in all revisions, its baseline, its alarms; and the form that begins one."""

from collections.abc import Sequence
from datetime import date, timedelta

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.market.alerts import select_alerts
from app.market.forecasts import newest_forecast
from app.market.models import MarketAlert, MarketForecast, MarketObservation, MarketSeries
from app.market.observations import accepted_between, select_observations
from app.market.schemas import NewBaseline, NewSeries, SeriesChange
from app.market.series import baselines_of, create_series, series_by_code, set_baseline
from app.market.series import change_series as change_series_fields
from app.market.types import PRICES, AlertState, SeriesKind, SupplyGroup
from app.web.kit.charts import Chart, FanDay, Level, Line, fan_chart, line_chart, scale_for
from app.web.kit.choices import item_choices, place_choices, word_choices
from app.web.kit.columns import Column, Kind, day_column, person_column, state_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, take_amount, validated
from app.web.kit.tables import Listing
from app.web.kit.units import units_in_one
from app.web.market.alerts import text_of
from app.web.market.values import series_name, value_text

router = APIRouter(include_in_schema=False)

CHART_DAYS = 90


@router.get("/market-series/new", dependencies=[needs(Right.MARKET_MANAGE)])
def show_new(page: Page, session: Reader) -> Response:
    """A form to fill."""
    return _new(page, session, Form())


def _new(page: PageContext, session: Session, form: Form) -> Response:
    words = page.words
    return page.render(
        "market/series_new.html",
        form=form,
        markets=place_choices(session, words),
        items=item_choices(session, words),
        kinds=word_choices(words, "series_kind", SeriesKind),
        groups=word_choices(words, "supply_group", SupplyGroup),
    )


@router.post("/market-series", dependencies=[needs(Right.MARKET_MANAGE)])
def begin_series(sent: SentForm) -> Response:
    """Observe something from now on."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        reader = FormReader(work.session)
        if typed.get("kind") == SeriesKind.PRODUCER_OUTPUT:
            reader.quantity(typed, reader.items.get(str(typed.get("item"))), "out_of")
        payload = reader.payload(NewSeries, typed)
        reader.finished(payload)
        assert payload is not None
        return f"/market-series/{create_series(work, payload).code}"

    return sent.run(act, lambda session, form: _new(page, session, form))


@router.get("/market-series/{code}", dependencies=[needs(Right.MARKET_READ)])
def show_series(code: Code, page: Page, session: Reader) -> Response:
    """One series."""
    return _series(page, session, code, Form())


def _series(page: PageContext, session: Session, code: str, form: Form) -> Response:
    words, today = page.words, page.clock.today()
    row = series_by_code(session, code)
    seen = accepted_between(session, row.id, today - timedelta(days=CHART_DAYS), today)
    baseline = baselines_of(session, [row.id]).get(row.id)
    made = newest_forecast(session, row.id)
    price = baseline.price_fen if baseline is not None else None
    alarms = session.scalars(
        select_alerts(series=code).where(MarketAlert.state != AlertState.CLOSED).order_by(MarketAlert.id)
    ).unique()
    return page.render_list(
        session,
        _values(page, code),
        "market/series.html",
        form=form,
        series=row,
        name=series_name(words, row),
        chart=series_chart(page, row, seen, price, made) if seen else None,
        forecast=made,
        baseline=baseline,
        baseline_text=value_text(words, row, price) if price is not None else "",
        cost_text=value_text(words, row, baseline.cost_fen) if baseline is not None and baseline.cost_fen else "",
        alarms=[(one, text_of(page, session, one)) for one in alarms],
        is_price=row.kind in PRICES,
        days=CHART_DAYS,
    )


def shown_value(series: MarketSeries, value: float) -> float:
    """A value in the unit that people read: yuan, kilograms, pieces."""
    if series.kind in PRICES:
        return value / 100
    return value / units_in_one(series.item) if series.item is not None else value


def _written(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def series_chart(
    page: PageContext,
    series: MarketSeries,
    seen: Sequence[MarketObservation],
    baseline: int | None,
    made: MarketForecast | None,
) -> Chart:
    """The values that count by day, with gaps where there is none, the baseline, and what is foreseen."""
    values = {one.day: shown_value(series, one.value) for one in seen}
    first, last = seen[0].day, seen[-1].day
    days: list[tuple[date, float | None]] = [
        (first + timedelta(days=n), values.get(first + timedelta(days=n))) for n in range((last - first).days + 1)
    ]
    levels = [] if baseline is None else [Level(page.words("Baseline"), shown_value(series, baseline))]
    fan = [
        FanDay(
            date.fromisoformat(one["day"]),
            shown_value(series, one["point"]),
            ((shown_value(series, one["low"]), shown_value(series, one["high"])),),
        )
        for one in (made.points if made is not None else [])
    ]
    reached = [end for one in fan for end in one.intervals[0]]
    shown = [*values.values(), *(one.value for one in levels), *reached]
    scale = scale_for(shown, _written, whole=False, from_zero=False)
    line = Line(page.words(f"series_kind.{series.kind.value}"), days)
    title = series_name(page.words, series)
    if not fan:
        return line_chart([line], title=title, scale=scale, levels=levels)
    return fan_chart(
        line,
        fan,
        title=title,
        middle_name=page.words("Forecast"),
        today_name=page.words("Last value"),
        interval_names=[page.words("Nine cases of ten")],
        scale=scale,
        levels=levels,
    )


def _values(page: PageContext, code: str) -> Listing[MarketObservation]:
    words = page.words
    columns: list[Column[MarketObservation]] = [
        day_column("day", "Day", lambda row: row.day, MarketObservation.day),
        Column(key="value", title="Value", value=lambda row: value_text(words, row.series, row.value)),
        Column(
            key="cost",
            title="Cost",
            value=lambda row: value_text(words, row.series, row.cost_fen) if row.cost_fen is not None else None,
        ),
        state_column(lambda row: row.state, MarketObservation.state),
        Column(key="revision", title="Revision", value=lambda row: row.revision, kind=Kind.NUMBER),
        Column(key="source", title="Source", value=lambda row: row.source),
        person_column("entered_by", "Entered by", lambda row: row.entered_by),
        Column(key="reason", title="Reason", value=lambda row: row.reason),
    ]
    return Listing(
        file_name="Values of a series",
        rows=select_observations(series=code),
        columns=columns,
        key=MarketObservation.id,
        sort="-day",
        empty="No value has been entered yet.",
    )


@router.post("/market-series/{code}", dependencies=[needs(Right.MARKET_MANAGE)])
def change_series(code: Code, sent: SentForm) -> Response:
    """By when a value is owed, by whom, and whether it is still observed."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        change_series_fields(work, code, validated(SeriesChange, typed))
        return f"/market-series/{code}"

    return sent.run(act, lambda session, form: _series(page, session, code, form), part="change")


@router.post("/market-series/{code}/baseline", dependencies=[needs(Right.MARKET_MANAGE)])
def enter_baseline(code: Code, sent: SentForm) -> Response:
    """The price that later ones are held against."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        take_amount(typed, "price", into="price_fen", per_unit=100)
        take_amount(typed, "cost", into="cost_fen", per_unit=100)
        set_baseline(work, code, validated(NewBaseline, typed))
        return f"/market-series/{code}"

    return sent.run(act, lambda session, form: _series(page, session, code, form), part="baseline")
