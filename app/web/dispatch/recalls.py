"""Recalls: who has units of a lot and whom to call; what facilities say became of theirs; how it ended."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch.recalls import recall_detail
from app.stock import recalls
from app.stock.models import LotRecall
from app.stock.schemas import RecallAnswerPayload, RecallClosing
from app.stock.types import RecallState, StockEnd
from app.web.kit.choices import word_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, whole_payload
from app.web.kit.tables import Listing, choice_filter
from app.web.kit.units import as_typed, counted_in

router = APIRouter(include_in_schema=False)


@router.get("/recalls", dependencies=[needs(Right.DISPATCH_READ)])
def show_recalls(page: Page, session: Reader) -> Response:
    """Open ones first."""
    columns: list[Column[LotRecall]] = [
        Column(
            key="code",
            title="Code",
            value=lambda row: row.code,
            order=LotRecall.id,
            link=lambda row: f"/recalls/{row.code}",
        ),
        Column(key="item", title="Item", value=lambda row: row.lot.item, kind=Kind.NAME),
        Column(key="lot", title="Lot", value=lambda row: row.lot.code),
        Column(key="reason", title="Reason", value=lambda row: row.reason),
        Column(key="state", title="State", value=lambda row: row.state, kind=Kind.STATE, order=LotRecall.state),
        Column(
            key="opened", title="Opened", value=lambda row: row.opened_at, kind=Kind.MOMENT, order=LotRecall.opened_at
        ),
    ]
    states = word_choices(page.words, "state", RecallState)
    listing = Listing(
        file_name="Recalls",
        rows=recalls.select_recalls(actor=page.actor).order_by(LotRecall.state != RecallState.OPEN),
        columns=columns,
        filters=[
            choice_filter("state", "State", states, lambda rows, text: rows.where(LotRecall.state == RecallState(text)))
        ],
        key=LotRecall.id,
        sort="-code",
        empty="No lot has been recalled. A recall is opened when a lot is blocked that has left the warehouses.",
    )
    return page.render_list(session, listing, "dispatch/recalls.html")


@router.get("/recalls/{code}", dependencies=[needs(Right.DISPATCH_READ)])
def show_recall(code: Code, page: Page, session: Reader) -> Response:
    """Where every unit is now, and what facilities have said."""
    return _show(page, session, code, Form())


@router.post("/recalls/{code}/answer", dependencies=[needs(Right.DELIVERY_CONFIRM)])
def answer_recall(code: Code, sent: SentForm) -> Response:
    """What a facility says has become of its units."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        reader = FormReader(work.session)
        item = recalls.recall_by_code(work.session, code, actor=work.actor).lot.item
        given = {"quarantined_units": "0", "used_units": "0", **typed}
        for name in ("quarantined_units", "used_units"):
            reader.quantity(given, item, name)
        recalls.answer_recall(work, code, whole_payload(reader, RecallAnswerPayload, given))
        return f"/recalls/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, form), part="answer")


@router.post("/recalls/{code}/close", dependencies=[needs(Right.LOT_BLOCK)])
def close_recall(code: Code, sent: SentForm) -> Response:
    """What became of the lot."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        given = {**typed, "without_answers": typed.get("without_answers") == "yes"}
        recalls.close_recall(work, code, whole_payload(FormReader(work.session), RecallClosing, given))
        return f"/recalls/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, form), part="close")


def _show(page: PageContext, session: Session, code: str, form: Form) -> Response:
    actor, words = page.actor, page.words
    recall = recalls.recall_by_code(session, code, actor=actor)
    detail = recall_detail(session, recall, actor=actor)
    answers = {one.facility: one for one in detail.answers}
    at_facilities = [one for one in detail.holders if one.end is StockEnd.FACILITY]
    values: Typed = dict(form.values)
    if "answer" not in values and at_facilities:
        first = answers.get(at_facilities[0].place)
        if first is not None:
            values["answer"] = {
                "quarantined_units": as_typed(first.quarantined_units, recall.lot.item),
                "used_units": as_typed(first.used_units, recall.lot.item),
                "note": first.note,
            }
    is_open = recall.state is RecallState.OPEN
    return page.render(
        "dispatch/recall.html",
        form=Form(values=values, refusal=form.refusal, key=form.key),
        recall=recall,
        lot=recall.lot,
        holders=detail.holders,
        answers=answers,
        places=[(one.place, words.name(one)) for one in at_facilities],
        counted_in=counted_in(recall.lot.item),
        may_answer=is_open and bool(at_facilities) and actor.may(Right.DELIVERY_CONFIRM),
        may_close=is_open and actor.may(Right.LOT_BLOCK),
    )
