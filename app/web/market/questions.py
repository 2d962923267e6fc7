"""Values that look wrong: each is asked about, and is right as it stands, or does not count, or is entered anew."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.errors import Fault, InvalidInputError
from app.core.http.deps import Reader
from app.core.http.payloads import Identifier
from app.core.work import Work
from app.market.models import MarketObservation
from app.market.observations import decide, enter_observations, observation_by_id, select_observations
from app.market.schemas import NewObservation, NewObservations, ObservationDecision
from app.market.types import ObservationState
from app.web.kit.columns import Column, Kind, day_column, moment_column, person_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.tables import Listing
from app.web.market.entry import unit_of
from app.web.market.values import series_name, typed_text, value_of, value_text

router = APIRouter(include_in_schema=False)


@router.get("/questioned-values", dependencies=[needs(Right.MARKET_READ)])
def show_questions(page: Page, session: Reader) -> Response:
    """All values that wait for a decision, the newest first."""
    words = page.words
    columns: list[Column[MarketObservation]] = [
        Column(
            key="series",
            title="What is observed",
            value=lambda row: series_name(words, row.series),
            link=lambda row: f"/questioned-values/{row.id}",
        ),
        day_column("day", "Day", lambda row: row.day, MarketObservation.day),
        Column(key="value", title="Value", value=lambda row: value_text(words, row.series, row.value)),
        Column(
            key="usual",
            title="Usual",
            value=lambda row: value_text(words, row.series, row.usual) if row.usual is not None else None,
        ),
        Column(
            key="question",
            title="Why it is asked about",
            value=lambda row: f"question.{row.question.value}" if row.question is not None else None,
            kind=Kind.WORD,
        ),
        person_column("entered_by", "Entered by", lambda row: row.entered_by, MarketObservation.entered_by),
        moment_column("entered", "Entered at", lambda row: row.entered_at, MarketObservation.entered_at),
    ]
    listing = Listing(
        file_name="Values asked about",
        rows=select_observations(state=ObservationState.QUESTIONED, newest=True),
        columns=columns,
        key=MarketObservation.id,
        sort="-entered",
        empty="No value is asked about.",
    )
    return page.render_list(session, listing, "market/questions.html", asked=page.count_told("asked"))


@router.get("/questioned-values/{observation_id}", dependencies=[needs(Right.MARKET_READ)])
def show_question(observation_id: Identifier, page: Page, session: Reader) -> Response:
    """One value, with what it was compared with."""
    return _question(page, session, observation_id, Form())


def _question(page: PageContext, session: Session, observation_id: int, form: Form) -> Response:
    row = observation_by_id(session, observation_id)
    return page.render(
        "market/question.html",
        form=form,
        row=row,
        name=series_name(page.words, row.series),
        value=value_text(page.words, row.series, row.value),
        usual=value_text(page.words, row.series, row.usual) if row.usual is not None else "",
        unit=unit_of(page, row.series),
        typed=typed_text(row.series, row.value),
        is_open=row.state is ObservationState.QUESTIONED and row.is_newest,
    )


@router.post("/questioned-values/{observation_id}/accept", dependencies=[needs(Right.MARKET_MANAGE)])
def accept_value(observation_id: Identifier, sent: SentForm) -> Response:
    """It is right as it stands."""
    return _decide(observation_id, sent, accept=True)


@router.post("/questioned-values/{observation_id}/reject", dependencies=[needs(Right.MARKET_MANAGE)])
def reject_value(observation_id: Identifier, sent: SentForm) -> Response:
    """It does not count."""
    return _decide(observation_id, sent, accept=False)


def _decide(observation_id: int, sent: SentForm, *, accept: bool) -> Response:
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        decision = validated(ObservationDecision, {**typed, "accept": accept})
        decide(work, observation_id, decision)
        return "/questioned-values"

    part = "accept" if accept else "reject"
    return sent.run(act, lambda session, form: _question(page, session, observation_id, form), part=part)


@router.post("/questioned-values/{observation_id}/correct", dependencies=[needs(Right.MARKET_REPORT)])
def correct_value(observation_id: Identifier, sent: SentForm) -> Response:
    """The right value of the day, which takes its place; somebody has looked at it again."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        row = observation_by_id(work.session, observation_id)
        read = value_of(row.series, str(typed.get("value", "")), "value")
        if isinstance(read, Fault):
            raise InvalidInputError(read)
        new = NewObservation(
            series=row.series.code,
            day=row.day,
            value=read,
            cost_fen=row.cost_fen,
            source=row.source or None,
            confirmed=True,
        )
        enter_observations(work, NewObservations(observations=[new]))
        return "/questioned-values"

    return sent.run(act, lambda session, form: _question(page, session, observation_id, form), part="correct")
