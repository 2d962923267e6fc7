"""Runs of subsidies: drafted by procurement, approved by a leader, committed and paid."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.subsidies import service
from app.subsidies.models import SubsidyLine, SubsidyRun
from app.subsidies.schemas import NewSubsidyRun, SubsidyPayment, SubsidyRejection
from app.subsidies.types import SubsidyRunState
from app.subsidies.wording import computation
from app.web.kit.choices import word_choices
from app.web.kit.columns import Column, Kind, code_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.tables import Listing, choice_filter

router = APIRouter(include_in_schema=False)


@router.get("/subsidy-runs", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_runs(page: Page, session: Reader) -> Response:
    """All runs, the newest month first."""
    today = page.clock.today()
    done = (SubsidyRunState.PAID, SubsidyRunState.REJECTED)
    columns: list[Column[SubsidyRun]] = [
        code_column("/subsidy-runs", SubsidyRun.code),
        Column(key="scheme", title="Scheme", value=lambda row: row.scheme, kind=Kind.NAME),
        Column(key="month", title="Month", value=lambda row: row.month, order=SubsidyRun.month),
        Column(key="state", title="State", value=lambda row: row.state.value, kind=Kind.STATE, order=SubsidyRun.state),
        Column(key="people", title="People", value=lambda row: row.people, kind=Kind.NUMBER, order=SubsidyRun.people),
        Column(
            key="total", title="In all", value=lambda row: row.total_fen, kind=Kind.MONEY, order=SubsidyRun.total_fen
        ),
        Column(
            key="pay_by",
            title="To be paid by",
            value=lambda row: row.pay_by,
            kind=Kind.DAY,
            order=SubsidyRun.pay_by,
            tone=lambda row: "bad" if row.pay_by < today and row.state not in done else "",
        ),
        Column(key="paid", title="Paid on", value=lambda row: row.paid_on, kind=Kind.DAY),
    ]
    states = word_choices(page.words, "state", SubsidyRunState)
    filters = [choice_filter("state", "State", states, lambda rows, state: rows.where(SubsidyRun.state == state))]
    listing = Listing(
        file_name="Subsidies",
        rows=service.select_runs(),
        columns=columns,
        filters=filters,
        key=SubsidyRun.id,
        sort="-month",
        empty="No subsidies have been drafted yet.",
    )
    return page.render_list(session, listing, "subsidies/runs.html")


@router.get("/subsidy-runs/new", dependencies=[needs(Right.SUBSIDY_DRAFT)])
def show_entry(page: Page, session: Reader) -> Response:
    """Scheme and month."""
    return _entry(page, session, Form())


def _entry(page: PageContext, session: Session, form: Form) -> Response:
    schemes = [(row.code, page.words.name(row)) for row in session.scalars(service.select_schemes())]
    return page.render("subsidies/run_entry.html", form=form, schemes=schemes)


@router.post("/subsidy-runs", dependencies=[needs(Right.SUBSIDY_DRAFT)])
def draft_run(sent: SentForm) -> Response:
    """Compute what a scheme pays for a month."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        return f"/subsidy-runs/{service.draft_run(work, validated(NewSubsidyRun, typed)).code}"

    return sent.run(act, lambda session, form: _entry(page, session, form))


@router.get("/subsidy-runs/{code}", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_run(code: Code, page: Page, session: Reader) -> Response:
    """Its computation in words, its lines, and the step that comes next."""
    return _run(page, session, code, Form())


def _run(page: PageContext, session: Session, code: str, form: Form) -> Response:
    run = service.run_by_code(session, code)
    columns: list[Column[SubsidyLine]] = [
        Column(key="zone", title="Zone", value=lambda row: row.zone, kind=Kind.NAME),
        Column(key="group", title="Group", value=lambda row: f"entitled.{row.entitled_group.value}", kind=Kind.WORD),
        Column(key="counted", title="Month of the count", value=lambda row: row.count_month, sortable=True),
        Column(key="people", title="People", value=lambda row: row.people, kind=Kind.NUMBER, sortable=True),
        Column(key="base", title="Local standard", value=lambda row: row.base_fen, kind=Kind.MONEY),
        Column(key="head", title="A head", value=lambda row: row.a_head_fen, kind=Kind.MONEY, sortable=True),
        Column(key="amount", title="Amount", value=lambda row: row.amount_fen, kind=Kind.MONEY, sortable=True),
    ]
    listing = Listing(file_name=run.code, rows=run.lines, columns=columns)
    said = computation(run, page.language)
    return page.render_list(session, listing, "subsidies/run.html", form=form, run=run, said=said)


@router.post("/subsidy-runs/{code}/approve", dependencies=[needs(Right.SUBSIDY_APPROVE)])
def approve_run(code: Code, sent: SentForm) -> Response:
    """With one's own name."""
    page = sent.page

    def act(work: Work, _: Typed) -> str:
        return f"/subsidy-runs/{service.approve_run(work, code).code}"

    return sent.run(act, lambda session, form: _run(page, session, code, form))


@router.post("/subsidy-runs/{code}/commit", dependencies=[needs(Right.SUBSIDY_DRAFT)])
def commit_run(code: Code, sent: SentForm) -> Response:
    """Take the total of the scheme's fund."""
    page = sent.page

    def act(work: Work, _: Typed) -> str:
        return f"/subsidy-runs/{service.commit_run(work, code).code}"

    return sent.run(act, lambda session, form: _run(page, session, code, form))


@router.post("/subsidy-runs/{code}/pay", dependencies=[needs(Right.SUBSIDY_DRAFT)])
def pay_run(code: Code, sent: SentForm) -> Response:
    """Note that the money has gone out."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        return f"/subsidy-runs/{service.pay_run(work, code, validated(SubsidyPayment, typed)).code}"

    return sent.run(act, lambda session, form: _run(page, session, code, form), part="pay")


@router.post("/subsidy-runs/{code}/reject", dependencies=[needs(Right.SUBSIDY_APPROVE)])
def reject_run(code: Code, sent: SentForm) -> Response:
    """Turn it down; the month may be drafted again."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        return f"/subsidy-runs/{service.reject_run(work, code, validated(SubsidyRejection, typed).reason).code}"

    return sent.run(act, lambda session, form: _run(page, session, code, form), part="reject")
