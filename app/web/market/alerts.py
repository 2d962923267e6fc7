"""Alarms: what they say, who owes an answer until when, and what was done."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Identifier
from app.core.work import Work
from app.market.alerts import alert_by_id, answer_alert, select_alerts
from app.market.models import MarketAlert
from app.market.schemas import AlertAnswer
from app.market.types import AlertLevel, AlertState
from app.web.kit.columns import Column, Kind, day_column, moment_column, state_column
from app.web.kit.error_texts import faults_in_plain_words
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.tables import Listing, state_filter, word_filter
from app.web.market.values import series_name

router = APIRouter(include_in_schema=False)


def text_of(page: PageContext, session: Session, alert: MarketAlert) -> str:
    """What an alarm says, in the page's language and with names for codes."""
    [told] = faults_in_plain_words(session, [alert.told], page.words)
    return page.words(told.message, **told.params)


@router.get("/market-alerts", dependencies=[needs(Right.MARKET_READ)])
def show_alerts(page: Page, session: Reader) -> Response:
    """All alarms, the newest first; of one series where the address names it."""
    words, now = page.words, page.clock.now()
    columns: list[Column[MarketAlert]] = [
        Column(
            key="level",
            title="Level",
            value=lambda row: f"alert_level.{row.level.value}",
            kind=Kind.WORD,
            tone=lambda row: "low" if row.level is AlertLevel.RED else "",
        ),
        Column(
            key="text",
            title="Alarm",
            value=lambda row: text_of(page, session, row),
            link=lambda row: f"/market-alerts/{row.id}",
        ),
        day_column("day", "Day", lambda row: row.day, MarketAlert.day),
        state_column(lambda row: row.state, MarketAlert.state),
        Column(key="owner", title="Owed by", value=lambda row: f"role.{row.owner.value}", kind=Kind.WORD),
        Column(
            key="due",
            title="Answer due",
            value=lambda row: row.due_at,
            kind=Kind.MOMENT,
            order=MarketAlert.due_at,
            tone=lambda row: "bad" if row.state is AlertState.OPEN and row.due_at < now else "",
        ),
        moment_column("raised", "Raised at", lambda row: row.raised_at, MarketAlert.raised_at),
    ]
    listing = Listing(
        file_name="Alarms",
        rows=select_alerts(series=page.request.query_params.get("series") or None),
        columns=columns,
        filters=[
            state_filter(words, AlertState, MarketAlert.state),
            word_filter(
                words,
                "level",
                "Level",
                "alert_level",
                AlertLevel,
                lambda rows, level: rows.where(MarketAlert.level == level),
            ),
        ],
        key=MarketAlert.id,
        sort="-raised",
        empty="No alarm has been raised.",
    )
    return page.render_list(session, listing, "market/alerts.html")


@router.get("/market-alerts/{alert_id}", dependencies=[needs(Right.MARKET_READ)])
def show_alert(alert_id: Identifier, page: Page, session: Reader) -> Response:
    """One alarm with its own sum and the source of its limit."""
    return _alert(page, session, alert_id, Form())


def _alert(page: PageContext, session: Session, alert_id: int, form: Form) -> Response:
    row = alert_by_id(session, alert_id)
    return page.render(
        "market/alert.html",
        form=form,
        row=row,
        text=text_of(page, session, row),
        series=series_name(page.words, row.series),
        is_late=row.state is AlertState.OPEN and row.due_at < page.clock.now(),
    )


@router.post("/market-alerts/{alert_id}/answer", dependencies=[needs(Right.MARKET_MANAGE)])
def take_up(alert_id: Identifier, sent: SentForm) -> Response:
    """Say what is being done."""
    return _answer(alert_id, sent, close=False)


@router.post("/market-alerts/{alert_id}/close", dependencies=[needs(Right.MARKET_MANAGE)])
def close_alert(alert_id: Identifier, sent: SentForm) -> Response:
    """Say what was done; it is over."""
    return _answer(alert_id, sent, close=True)


def _answer(alert_id: int, sent: SentForm, *, close: bool) -> Response:
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        answer_alert(work, alert_id, validated(AlertAnswer, {**typed, "close": close}))
        return f"/market-alerts/{alert_id}"

    part = "close" if close else "answer"
    return sent.run(act, lambda session, form: _alert(page, session, alert_id, form), part=part)
