"""Funds: how much there is, what is committed, what was spent, and who took it."""

from collections import defaultdict

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.procurement import funds
from app.procurement.models import FundCommitment, FundSource, PurchaseOrder, PurchaseOrderLine
from app.procurement.money import line_amount_fen
from app.procurement.pace import PACE_DAYS
from app.procurement.schemas import FundChange, NewFund
from app.procurement.types import OverspendRule
from app.web.kit.choices import word_choices
from app.web.kit.columns import Column, Kind, moment_column, name_column, word_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, take_amount, whole_payload
from app.web.kit.tables import Listing, choice_filter
from app.web.procurement.fund_purposes import purposes_of, runs_out_on

router = APIRouter(include_in_schema=False)

_DOCUMENTS = {"purchase_order": "/purchase-orders/", "allocation_plan": "/plans/", "subsidy_run": "/subsidy-runs/"}


def spent_fen(session: Session) -> dict[int, int]:
    """What goods that were accepted cost, by the id of the fund that pays for them."""
    query = (
        select(PurchaseOrder.fund_source_id, PurchaseOrderLine.unit_price_microyuan, PurchaseOrderLine.accepted_units)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(PurchaseOrderLine.accepted_units > 0)
    )
    spent: dict[int, int] = defaultdict(int)
    for fund_id, price_microyuan, units in session.execute(query):
        if fund_id is not None:
            spent[fund_id] += line_amount_fen(price_microyuan, units)
    return spent


def _document_of(commitment: FundCommitment) -> str | None:
    folder = _DOCUMENTS.get(commitment.reference_kind)
    return f"{folder}{commitment.reference_key}" if folder is not None else None


@router.get("/funds", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_funds(page: Page, session: Reader) -> Response:
    """All funds with what is left of each."""
    spent = spent_fen(session)
    columns: list[Column[FundSource]] = [
        name_column("name", "Fund", lambda row: row, None, lambda row: f"/funds/{row.code}"),
        Column(key="code", title="Code", value=lambda row: row.code, order=FundSource.code),
        Column(
            key="amount",
            title="Amount",
            value=lambda row: row.amount_fen,
            kind=Kind.MONEY,
            order=FundSource.amount_fen,
        ),
        Column(
            key="committed",
            title="Committed",
            value=lambda row: row.committed_fen,
            kind=Kind.MONEY,
            order=FundSource.committed_fen,
        ),
        Column(key="spent", title="Of it for goods that came", value=lambda row: spent.get(row.id, 0), kind=Kind.MONEY),
        Column(
            key="left",
            title="Left",
            value=lambda row: row.amount_fen - row.committed_fen,
            kind=Kind.MONEY,
            order=FundSource.amount_fen - FundSource.committed_fen,
            tone=lambda row: "low" if row.committed_fen >= row.amount_fen else "full",
        ),
        Column(
            key="share",
            title="Committed share",
            value=lambda row: row.committed_fen / row.amount_fen if row.amount_fen else None,
            kind=Kind.SHARE,
        ),
        word_column("rule", "When it runs out", "rule", lambda row: row.on_overspend),
    ]
    listing = Listing(
        file_name="Funds",
        rows=funds.select_funds(),
        columns=columns,
        key=FundSource.id,
        empty="No fund yet. A leader enters the first one.",
    )
    return page.render_list(session, listing, "procurement/funds.html")


@router.get("/funds/new", dependencies=[needs(Right.FUND_MANAGE)])
def show_entry(page: Page) -> Response:
    """A form to fill."""
    return _entry(page, Form())


def _entry(page: PageContext, form: Form) -> Response:
    return page.render("procurement/fund_entry.html", form=form, rules=word_choices(page.words, "rule", OverspendRule))


@router.post("/funds", dependencies=[needs(Right.FUND_MANAGE)])
def create_fund(sent: SentForm) -> Response:
    """Money that orders may be paid from."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        take_amount(typed, "amount", into="amount_fen", per_unit=100)
        new = whole_payload(FormReader(work.session), NewFund, typed)
        return f"/funds/{funds.create_fund(work, new).code}"

    return sent.run(act, lambda _, form: _entry(page, form))


@router.get("/funds/{code}", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_fund(code: Code, page: Page, session: Reader) -> Response:
    """One fund and what was taken of it."""
    return _fund_page(page, session, code, Form())


def _fund_page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    fund = funds.fund_by_code(session, code)
    columns: list[Column[FundCommitment]] = [
        Column(
            key="document",
            title="Document",
            value=lambda row: row.reference_key,
            order=FundCommitment.reference_key,
            link=_document_of,
        ),
        Column(
            key="amount",
            title="Amount",
            value=lambda row: row.amount_fen,
            kind=Kind.MONEY,
            order=FundCommitment.amount_fen,
        ),
        moment_column("at", "Committed at", lambda row: row.committed_at, FundCommitment.committed_at),
        moment_column("released", "Given back at", lambda row: row.released_at, FundCommitment.released_at),
    ]
    is_open = [("yes", page.words("Only what is still taken"))]
    filters = [
        choice_filter("open", "Commitments", is_open, lambda rows, _: rows.where(FundCommitment.released_at.is_(None)))
    ]
    listing = Listing(
        file_name="Commitments",
        rows=funds.select_commitments(fund=code),
        columns=columns,
        filters=filters,
        key=FundCommitment.id,
        sort="-at",
        empty="Nothing was taken of it yet.",
    )
    goods_fen = spent_fen(session).get(fund.id, 0)
    return page.render_list(
        session,
        listing,
        "procurement/fund.html",
        form=form,
        fund=fund,
        spent_fen=goods_fen,
        purposes=purposes_of(session, fund, goods_fen),
        runs_out=runs_out_on(session, fund, page.clock),
        pace_days=PACE_DAYS,
        rules=word_choices(page.words, "rule", OverspendRule),
        amount_typed=f"{fund.amount_fen / 100:.2f}",
    )


@router.post("/funds/{code}", dependencies=[needs(Right.FUND_MANAGE)])
def change_fund(code: Code, sent: SentForm) -> Response:
    """More or less money, another rule."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        take_amount(typed, "amount", into="amount_fen", per_unit=100)
        change = whole_payload(FormReader(work.session), FundChange, typed)
        funds.change_fund(work, code, change)
        return f"/funds/{code}"

    return sent.run(act, lambda session, form: _fund_page(page, session, code, form), part="change")
