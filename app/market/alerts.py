"""Alarms: raised where a rule finds something, owned, answered, passed up a level when nobody answers in time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.core.errors import ConflictError, Fault, Param
from app.core.records import lock_one_row, lock_row_by_code, one_row, set_fields
from app.core.rights import Role
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.forecasting.lunar_new_year import LUNAR_NEW_YEAR_DAYS
from app.market.models import AlertRule, MarketAlert, MarketObservation, MarketSeries
from app.market.presets import PRESETS
from app.market.rules import REFERENCE_SLACK_DAYS, Facts, Finding, Limits, due_at, finding_of, year_before
from app.market.schemas import AlertAnswer, AlertRuleChange, AlertRuleView, AlertView
from app.market.series import baselines_of
from app.market.types import PRICES, AlertLevel, AlertState, Measure, ObservationState, SeriesKind
from app.notices.service import NewNotice, leave_notices

SUBJECT = "market_alert"
NEWS_DAYS = 3
"""Values of earlier days are history that is entered afterwards: nobody can act on an alarm of then."""
_PRICE_MEASURES = frozenset({Measure.RISE, Measure.RISE_ON_YEAR, Measure.BASELINE, Measure.SPREAD})
_TRADE_MEASURES = frozenset({Measure.FALL, Measure.FALL_ON_YEAR})
_ON_YEAR = frozenset({Measure.RISE_ON_YEAR, Measure.FALL_ON_YEAR})


def install_presets(work: Work) -> list[AlertRule]:
    """Enter the rules to begin with that are not there yet; those that are stay as they are."""
    there = set(work.session.scalars(select(AlertRule.code)))
    rows = []
    for one in PRESETS:
        if one.code in there:
            continue
        row = AlertRule(
            code=one.code,
            measure=one.measure,
            supply_group=one.group,
            window_days=one.window_days,
            yellow_permille=one.yellow,
            red_permille=one.red,
            source=one.source,
            active=True,
        )
        work.session.add(row)
        work.session.flush()
        work.record("ALERT_RULE_CREATED", "alert_rule", one.code, after=AlertRuleView.snapshot(row))
        rows.append(row)
    return rows


def change_rule(work: Work, code: str, change: AlertRuleChange, if_match: Precondition = ANY_VERSION) -> AlertRule:
    """Change limits, source or use of a rule; alarms raised before stay as they were."""
    row = if_match.check(lock_row_by_code(work.session, AlertRule, "alert rule", code))
    before = AlertRuleView.snapshot(row)
    set_fields(row, change.given())
    work.record_change("ALERT_RULE_CHANGED", "alert_rule", code, before=before, after=AlertRuleView.snapshot(row))
    return row


def rules_for(session: Session, series: MarketSeries) -> Sequence[AlertRule]:
    """The rules in use for the group and the kind of a series."""
    query = select(AlertRule).where(
        AlertRule.active, or_(AlertRule.supply_group.is_(None), AlertRule.supply_group == series.supply_group)
    )
    return [row for row in session.scalars(query.order_by(AlertRule.id)) if _fits(row.measure, series.kind)]


def _fits(measure: Measure, kind: SeriesKind) -> bool:
    if measure in _PRICE_MEASURES:
        return kind in PRICES
    if measure in _TRADE_MEASURES:
        return kind in (SeriesKind.TRADED, SeriesKind.PRODUCER_OUTPUT)
    # A value that has come ends the alarm that none had.
    return measure is Measure.NO_REPORT or (measure is Measure.OUTLETS and kind is SeriesKind.OUTLETS_OPEN)


def lock_alerts(session: Session, series_ids: Sequence[int], today: date) -> None:
    """Row locks, in id order, on every alarm that new values of these series may change.

    Taken before the first audit record of the transaction: the audit head is locked last.
    """
    query = select(MarketAlert.id).where(
        MarketAlert.series_id.in_(series_ids),
        or_(MarketAlert.state != AlertState.CLOSED, MarketAlert.day >= today - timedelta(days=NEWS_DAYS)),
    )
    session.scalars(query.order_by(MarketAlert.id).with_for_update(of=MarketAlert)).all()


def look_at(work: Work, row: MarketObservation) -> None:
    """Raise, change or withdraw the alarms of a day after its value was entered or accepted; not of days long past."""
    if row.day < work.today - timedelta(days=NEWS_DAYS):
        return
    if row.state is not ObservationState.ACCEPTED:
        withdraw_alerts(work, row.series, row.day)
        return
    baseline = baselines_of(work.session, [row.series_id]).get(row.series_id)
    for rule in rules_for(work.session, row.series):
        reference = _reference(work.session, rule, row)
        facts = Facts(
            value=row.value,
            cost=row.cost_fen,
            reference=reference.value if reference is not None else None,
            reference_day=reference.day if reference is not None else None,
            baseline_price=baseline.price_fen if baseline is not None and baseline.day < row.day else None,
            baseline_cost=baseline.cost_fen if baseline is not None else None,
            out_of=row.series.out_of,
        )
        found = finding_of(
            Limits(measure=rule.measure, yellow_permille=rule.yellow_permille, red_permille=rule.red_permille), facts
        )
        settle_alert(work, rule, row.series, row.day, found)


def _reference(session: Session, rule: AlertRule, row: MarketObservation) -> MarketObservation | None:
    """The value that a rule compares with: the newest that counts on its day or up to three days before."""
    if rule.measure in _ON_YEAR:
        day = year_before(row.day, LUNAR_NEW_YEAR_DAYS)
    else:
        day = row.day - timedelta(days=rule.window_days)
    query = select(MarketObservation).where(
        MarketObservation.series_id == row.series_id,
        MarketObservation.is_newest,
        MarketObservation.state == ObservationState.ACCEPTED,
        MarketObservation.day.between(day - timedelta(days=REFERENCE_SLACK_DAYS), day),
    )
    return session.scalars(query.order_by(MarketObservation.day.desc()).limit(1)).unique().first()


def _alert_of(session: Session, rule: AlertRule, series: MarketSeries, day: date) -> MarketAlert | None:
    query = select(MarketAlert).where(
        MarketAlert.rule_id == rule.id, MarketAlert.series_id == series.id, MarketAlert.day == day
    )
    return session.scalars(query).unique().one_or_none()


def settle_alert(work: Work, rule: AlertRule, series: MarketSeries, day: date, found: Finding | None) -> None:
    """Make the alarm of a rule, series and day say what was found; one that nothing is found for is withdrawn.

    An alarm that is still open from an earlier day goes on as the same one; one that was closed is opened again only
    where things got worse.
    """
    row = _alert_of(work.session, rule, series, day)
    if found is None:
        if row is not None and row.state is not AlertState.CLOSED:
            _withdraw(work, row)
        return
    params = {"place": series.market.code, **_of_item(series), "days": rule.window_days, **found.told.params}
    row = row or _open_before(work.session, rule, series, day)
    if row is None:
        _raise(work, rule, series, day, found, params)
        return
    is_worse = found.level is AlertLevel.RED and row.level is AlertLevel.YELLOW
    if row.state is AlertState.CLOSED and not is_worse:
        return
    before = AlertView.snapshot(row)
    row.day, row.level, row.message, row.params = day, found.level, found.told.message, params
    if is_worse:
        row.state, row.closed_at = AlertState.OPEN, None
        row.due_at = due_at(found.level, work.now, work.clock.city_zone)
        _tell(work, row, row.owner)
    work.record_change("ALERT_CHANGED", SUBJECT, row.id, before=before, after=AlertView.snapshot(row))


def _open_before(session: Session, rule: AlertRule, series: MarketSeries, day: date) -> MarketAlert | None:
    query = select(MarketAlert).where(
        MarketAlert.rule_id == rule.id,
        MarketAlert.series_id == series.id,
        MarketAlert.day < day,
        MarketAlert.state != AlertState.CLOSED,
    )
    return session.scalars(query.order_by(MarketAlert.day.desc()).limit(1)).unique().first()


def _of_item(series: MarketSeries) -> Mapping[str, Param]:
    return {"item": series.item.code} if series.item is not None else {}


def _raise(
    work: Work, rule: AlertRule, series: MarketSeries, day: date, found: Finding, params: Mapping[str, Param]
) -> None:
    row = MarketAlert(
        rule=rule,
        series=series,
        day=day,
        level=found.level,
        message=found.told.message,
        params=dict(params),
        state=AlertState.OPEN,
        owner=Role.SUPPLIES_GROUP,
        raised_at=work.now,
        due_at=due_at(found.level, work.now, work.clock.city_zone),
        answered_by="",
        answer="",
    )
    work.session.add(row)
    work.session.flush()
    work.record("ALERT_RAISED", SUBJECT, row.id, after=AlertView.snapshot(row))
    if found.level is AlertLevel.RED:
        _tell(work, row, Role.SUPPLIES_GROUP)


def _tell(work: Work, row: MarketAlert, role: Role) -> None:
    told = Fault(f"market_{row.level.value}", row.message, "", row.params)
    leave_notices(work, [NewNotice(told=told, address=f"/market-alerts/{row.id}", role=role)])


def _withdraw(work: Work, row: MarketAlert) -> None:
    before = AlertView.snapshot(row)
    row.state, row.closed_at = AlertState.CLOSED, work.now
    work.record_change("ALERT_WITHDRAWN", SUBJECT, row.id, before=before, after=AlertView.snapshot(row))


def withdraw_alerts(work: Work, series: MarketSeries, day: date) -> None:
    """Close the alarms of a day whose value does not count any more."""
    query = select(MarketAlert).where(
        MarketAlert.series_id == series.id, MarketAlert.day == day, MarketAlert.state != AlertState.CLOSED
    )
    for row in work.session.scalars(query.order_by(MarketAlert.id)).unique():
        if row.rule.measure is not Measure.EARLY:
            _withdraw(work, row)


def select_alerts(
    *, state: AlertState | None = None, level: AlertLevel | None = None, series: str | None = None
) -> Select[MarketAlert]:
    """The alarms that all the filters given let pass."""
    query = select(MarketAlert).join(MarketAlert.series)
    if state is not None:
        query = query.where(MarketAlert.state == state)
    if level is not None:
        query = query.where(MarketAlert.level == level)
    if series is not None:
        query = query.where(MarketSeries.code == series)
    return query


def alert_by_id(session: Session, alert_id: int) -> MarketAlert:
    """The alarm; raises `NotFoundError`."""
    return one_row(session, select(MarketAlert).where(MarketAlert.id == alert_id), "alarm", alert_id)


def answer_alert(work: Work, alert_id: int, answer: AlertAnswer, if_match: Precondition = ANY_VERSION) -> MarketAlert:
    """Say what is done about an alarm, or that it is over; raises `ConflictError` where it is closed."""
    row = if_match.check(
        lock_one_row(
            work.session, MarketAlert, select(MarketAlert).where(MarketAlert.id == alert_id), "alarm", alert_id
        )
    )
    if row.state is AlertState.CLOSED:
        raise ConflictError.of("This alarm is closed.", code="alarm_closed")
    before = AlertView.snapshot(row)
    row.state = AlertState.CLOSED if answer.close else AlertState.ACKNOWLEDGED
    row.closed_at = work.now if answer.close else None
    row.answer, row.answered_by = answer.answer, work.actor.name
    work.record_change("ALERT_ANSWERED", SUBJECT, row.id, before=before, after=AlertView.snapshot(row))
    return row


def pass_up_overdue(work: Work) -> int:
    """Pass alarms that nobody answered in time to the leaders, once; returns how many."""
    query = (
        select(MarketAlert)
        .where(
            MarketAlert.state == AlertState.OPEN,
            MarketAlert.owner == Role.SUPPLIES_GROUP,
            MarketAlert.due_at < work.now,
        )
        .order_by(MarketAlert.id)
        .with_for_update(of=MarketAlert)
        .execution_options(populate_existing=True)
    )
    rows = work.session.scalars(query).unique().all()
    for row in rows:
        before = AlertView.snapshot(row)
        row.owner, row.escalated_at = Role.LEADER, work.now
        work.record_change("ALERT_PASSED_UP", SUBJECT, row.id, before=before, after=AlertView.snapshot(row))
        _tell(work, row, Role.LEADER)
    return len(rows)


def find_missing_reports(work: Work) -> int:
    """Raise an alarm for every series whose value of today was owed by now and has not come; returns how many are
    missing."""
    rule = work.session.scalars(
        select(AlertRule)
        .where(AlertRule.measure == Measure.NO_REPORT, AlertRule.active)
        .order_by(AlertRule.id)
        .limit(1)
        .with_for_update(of=AlertRule)
    ).first()
    if rule is None:
        return 0
    local = work.now.astimezone(work.clock.city_zone)
    reported = select(MarketObservation.series_id).where(
        MarketObservation.day == work.today, MarketObservation.is_newest
    )
    query = select(MarketSeries).where(
        MarketSeries.active, MarketSeries.due_hour.is_not(None), MarketSeries.due_hour <= local.hour
    )
    silent = (
        work.session.scalars(query.where(MarketSeries.id.not_in(reported)).order_by(MarketSeries.id)).unique().all()
    )
    lock_alerts(work.session, [series.id for series in silent], work.today)
    for series in silent:
        if _alert_of(work.session, rule, series, work.today) is None:
            settle_alert(work, rule, series, work.today, _not_reported(series, local))
    return len(silent)


def _not_reported(series: MarketSeries, local: datetime) -> Finding:
    message = (
        "{item} at {place}: no value of today; it was owed by {hour}."
        if series.item is not None
        else "{place}: no count of open outlets today; it was owed by {hour}."
    )
    hour = time(series.due_hour or local.hour).strftime("%H:%M")
    return Finding(level=AlertLevel.YELLOW, told=Fault("no_report", message, "", {"hour": hour}))
