"""REST of the market watch: series, observations, baselines, alert rules, alarms."""

from datetime import date

from fastapi import APIRouter, status
from sqlalchemy import select

from app.auth import Right, Write, needs
from app.core.errors import NotFoundError, missing
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code, Identifier
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, OptionalIfMatch, tagged
from app.core.records import row_by_code
from app.market import alerts, forecasts, observations, series
from app.market.models import AlertRule, MarketAlert, MarketForecast, MarketObservation, MarketSeries
from app.market.schemas import (
    AlertAnswer,
    AlertRuleChange,
    AlertRuleView,
    AlertView,
    BaselineView,
    ForecastView,
    NewBaseline,
    NewObservations,
    NewSeries,
    ObservationDecision,
    ObservationView,
    SeriesChange,
    SeriesView,
)
from app.market.types import AlertLevel, AlertState, ObservationState, SeriesKind, SupplyGroup

router = APIRouter(tags=["market"])

_READ = [needs(Right.MARKET_READ)]
_MANAGE = [needs(Right.MARKET_MANAGE)]


@router.get("/market-series", summary="List series", responses=problem_answers(), dependencies=_READ)
def list_series(
    reader: Reader,
    cursor: PageCursor,
    market: Code | None = None,
    item: Code | None = None,
    kind: SeriesKind | None = None,
    group: SupplyGroup | None = None,
    active: bool | None = None,
) -> Rendered[Page[SeriesView]]:
    """What is observed at which market."""
    query = series.select_series(market=market, item=item, kind=kind, group=group, active=active)
    return show_page(reader, query, MarketSeries.id, cursor, SeriesView)


@router.post(
    "/market-series",
    status_code=status.HTTP_201_CREATED,
    summary="Enter a series",
    responses=problem_answers(409),
    dependencies=_MANAGE,
)
def create_series(new: NewSeries, work: Write, once: Once) -> Rendered[SeriesView]:
    """A price, a quantity or the open outlets of a market, observed day by day from now on."""
    return once(work, lambda: tagged(series.create_series(work, new), SeriesView.of))


@router.get("/market-series/{code}", summary="Show a series", responses=problem_answers(404), dependencies=_READ)
def show_series(code: Code, reader: Reader, known: IfNoneMatch) -> Rendered[SeriesView]:
    """One series."""
    return known.answer(series.series_by_code(reader, code), SeriesView.of)


@router.patch("/market-series/{code}", summary="Change a series", responses=problem_answers(404), dependencies=_MANAGE)
def change_series(code: Code, change: SeriesChange, work: Write, if_match: IfMatch) -> Rendered[SeriesView]:
    """Only the fields named are changed."""
    return tagged(series.change_series(work, code, change, if_match), SeriesView.of)


@router.get(
    "/market-series/{code}/baseline", summary="Show a baseline", responses=problem_answers(404), dependencies=_READ
)
def show_baseline(code: Code, reader: Reader, known: IfNoneMatch) -> Rendered[BaselineView]:
    """The price that later ones are held against."""
    row = series.series_by_code(reader, code)
    baseline = series.baselines_of(reader, [row.id]).get(row.id)
    if baseline is None:
        raise NotFoundError(missing("baseline", code))
    return known.answer(baseline, BaselineView.of)


@router.put(
    "/market-series/{code}/baseline", summary="Set a baseline", responses=problem_answers(404), dependencies=_MANAGE
)
def set_baseline(code: Code, new: NewBaseline, work: Write, if_match: IfMatch) -> Rendered[BaselineView]:
    """In Hunan in 2020: the price before 24 January, with its cost where it is known."""
    return tagged(series.set_baseline(work, code, new, if_match), BaselineView.of)


@router.get("/market-observations", summary="List values", responses=problem_answers(), dependencies=_READ)
def list_observations(
    reader: Reader,
    cursor: PageCursor,
    series: Code | None = None,
    day: date | None = None,
    state: ObservationState | None = None,
    newest: bool | None = None,
) -> Rendered[Page[ObservationView]]:
    """Every revision of every day, in the order of entry; `newest` leaves out those that were replaced."""
    query = observations.select_observations(series=series, day=day, state=state, newest=newest)
    return show_page(reader, query, MarketObservation.id, cursor, ObservationView)


@router.post(
    "/market-observations",
    status_code=status.HTTP_201_CREATED,
    summary="Enter values of series",
    responses=problem_answers(),
    dependencies=[needs(Right.MARKET_REPORT)],
)
def enter_observations(new: NewObservations, work: Write, once: Once) -> Rendered[list[ObservationView]]:
    """All or none. A value that looks wrong is stored as QUESTIONED and kept out of means until it is decided upon;
    `confirmed` says that somebody looked again."""
    return once(work, lambda: Rendered([ObservationView.of(row) for row in observations.enter_observations(work, new)]))


@router.get(
    "/market-observations/{observation_id}", summary="Show a value", responses=problem_answers(404), dependencies=_READ
)
def show_observation(observation_id: Identifier, reader: Reader, known: IfNoneMatch) -> Rendered[ObservationView]:
    """One revision of the value of a day."""
    return known.answer(observations.observation_by_id(reader, observation_id), ObservationView.of)


@router.post(
    "/market-observations/{observation_id}/decide",
    summary="Accept or reject a questioned value",
    responses=problem_answers(404, 409),
    dependencies=_MANAGE,
)
def decide_observation(
    observation_id: Identifier, decision: ObservationDecision, work: Write, once: Once, if_match: OptionalIfMatch
) -> Rendered[ObservationView]:
    """A right value can also be entered anew, which takes its place."""
    return once(work, lambda: tagged(observations.decide(work, observation_id, decision, if_match), ObservationView.of))


@router.get("/market-forecasts", summary="List forecasts", responses=problem_answers(), dependencies=_READ)
def list_forecasts(
    reader: Reader, cursor: PageCursor, series: Code | None = None, day: date | None = None
) -> Rendered[Page[ForecastView]]:
    """What the worker foresaw, in the order in which it was made; nothing is changed afterwards."""
    query = forecasts.select_forecasts(series=series, day=day)
    return show_page(reader, query, MarketForecast.id, cursor, ForecastView)


@router.get("/alert-rules", summary="List alert rules", responses=problem_answers(), dependencies=_READ)
def list_rules(reader: Reader, cursor: PageCursor) -> Rendered[Page[AlertRuleView]]:
    """Limits with their sources."""
    return show_page(reader, select(AlertRule), AlertRule.id, cursor, AlertRuleView)


@router.post(
    "/alert-rules/presets",
    status_code=status.HTTP_201_CREATED,
    summary="Enter the rules to begin with",
    responses=problem_answers(),
    dependencies=[needs(Right.ALERT_RULE_SET)],
)
def install_presets(work: Write, once: Once) -> Rendered[list[AlertRuleView]]:
    """Those that are there stay as they are; answers the new ones."""
    return once(work, lambda: Rendered([AlertRuleView.of(row) for row in alerts.install_presets(work)]))


@router.get("/alert-rules/{code}", summary="Show an alert rule", responses=problem_answers(404), dependencies=_READ)
def show_rule(code: Code, reader: Reader, known: IfNoneMatch) -> Rendered[AlertRuleView]:
    """One rule."""
    return known.answer(row_by_code(reader, AlertRule, "alert rule", code), AlertRuleView.of)


@router.patch(
    "/alert-rules/{code}",
    summary="Change an alert rule",
    responses=problem_answers(404),
    dependencies=[needs(Right.ALERT_RULE_SET)],
)
def change_rule(code: Code, change: AlertRuleChange, work: Write, if_match: IfMatch) -> Rendered[AlertRuleView]:
    """Alarms raised before stay as they were."""
    return tagged(alerts.change_rule(work, code, change, if_match), AlertRuleView.of)


@router.get("/market-alerts", summary="List alarms", responses=problem_answers(), dependencies=_READ)
def list_alerts(
    reader: Reader,
    cursor: PageCursor,
    state: AlertState | None = None,
    level: AlertLevel | None = None,
    series: Code | None = None,
) -> Rendered[Page[AlertView]]:
    """In the order in which they were raised."""
    query = alerts.select_alerts(state=state, level=level, series=series)
    return show_page(reader, query, MarketAlert.id, cursor, AlertView)


@router.get("/market-alerts/{alert_id}", summary="Show an alarm", responses=problem_answers(404), dependencies=_READ)
def show_alert(alert_id: Identifier, reader: Reader, known: IfNoneMatch) -> Rendered[AlertView]:
    """One alarm with its own sum."""
    return known.answer(alerts.alert_by_id(reader, alert_id), AlertView.of)


@router.post(
    "/market-alerts/{alert_id}/answer",
    summary="Answer an alarm",
    responses=problem_answers(404, 409),
    dependencies=_MANAGE,
)
def answer_alert(
    alert_id: Identifier, answer: AlertAnswer, work: Write, once: Once, if_match: OptionalIfMatch
) -> Rendered[AlertView]:
    """What is done about it; with `close` it is over."""
    return once(work, lambda: tagged(alerts.answer_alert(work, alert_id, answer, if_match), AlertView.of))
