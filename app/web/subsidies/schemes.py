"""Schemes of subsidies: when they are due, what they pay, from which fund."""

from decimal import Decimal

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.subsidies import rules, service
from app.subsidies.models import SubsidyScheme
from app.subsidies.schemas import NewSubsidyScheme, SubsidySchemeChange
from app.web.kit.choices import fund_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, rows_of, take_amount, validated
from app.web.kit.tables import Listing
from app.web.subsidies.figures import region_choices, zone_choices

router = APIRouter(include_in_schema=False)
_ROWS = 12
"""Rows for zones that a new scheme has room for."""
_PARTS = {
    "cpi_trigger": ("cpi_trigger_permille", 10),
    "food_trigger": ("food_trigger_permille", 10),
    "minimum": ("minimum_fen", 100),
    "factor": ("factor_permille", 1_000),
}
"""Fields that people type in per cent, yuan or times, and what the payload has."""


def typed_amounts(typed: Typed) -> None:
    """Put whole numbers in place of per cent, yuan and times."""
    for name, (into, per_unit) in _PARTS.items():
        take_amount(typed, name, into=into, per_unit=per_unit)
    for row in rows_of(typed, "bases"):
        take_amount(row, "base", into="base_fen", per_unit=100)


@router.get("/subsidy-schemes", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_schemes(page: Page, session: Reader) -> Response:
    """All schemes."""
    columns: list[Column[SubsidyScheme]] = [
        Column(
            key="name",
            title="Scheme",
            value=lambda row: row,
            kind=Kind.NAME,
            link=lambda row: f"/subsidy-schemes/{row.code}",
        ),
        Column(key="region", title="Region", value=lambda row: row.region, kind=Kind.NAME),
        Column(key="cpi", title="Due from", value=lambda row: row.cpi_trigger_permille / 1_000, kind=Kind.SHARE),
        Column(
            key="food", title="Due from (food)", value=lambda row: row.food_trigger_permille / 1_000, kind=Kind.SHARE
        ),
        Column(key="minimum", title="At least a head", value=lambda row: row.minimum_fen, kind=Kind.MONEY),
        Column(key="factor", title="Times", value=lambda row: row.factor_permille / 1_000, kind=Kind.NUMBER),
        Column(key="fund", title="Fund", value=lambda row: row.fund_source, kind=Kind.NAME),
    ]
    listing = Listing(
        file_name="Schemes",
        rows=service.select_schemes(),
        columns=columns,
        key=SubsidyScheme.id,
        empty="No scheme yet. A leader enters the first one.",
    )
    return page.render_list(session, listing, "subsidies/schemes.html")


@router.get("/subsidy-schemes/new", dependencies=[needs(Right.FUND_MANAGE)])
def show_entry(page: Page, session: Reader) -> Response:
    """A form to fill, with the triggers and the minimum of the national mechanism."""
    values = {
        "cpi_trigger": f"{Decimal(rules.CPI_TRIGGER_PERMILLE) / 10}",
        "food_trigger": f"{Decimal(rules.FOOD_TRIGGER_PERMILLE) / 10}",
        "minimum": f"{rules.MINIMUM_FEN // 100}",
        "factor": "1",
    }
    return _entry(page, session, Form(values=values))


def _entry(page: PageContext, session: Session, form: Form) -> Response:
    return page.render(
        "subsidies/scheme_entry.html",
        form=form,
        regions=region_choices(session, page.words),
        funds=fund_choices(session, page.words),
        zones=zone_choices(session, page.words),
        rows=form.rows("bases", at_least=_ROWS),
    )


@router.post("/subsidy-schemes", dependencies=[needs(Right.FUND_MANAGE)])
def create_scheme(sent: SentForm) -> Response:
    """Enter one."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        typed_amounts(typed)
        return f"/subsidy-schemes/{service.create_scheme(work, validated(NewSubsidyScheme, typed)).code}"

    return sent.run(act, lambda session, form: _entry(page, session, form))


@router.get("/subsidy-schemes/{code}", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_scheme(code: Code, page: Page, session: Reader) -> Response:
    """One scheme, with its standards by zone."""
    return _scheme(page, session, code, Form())


def _scheme(page: PageContext, session: Session, code: str, form: Form) -> Response:
    scheme = service.scheme_by_code(session, code)
    return page.render(
        "subsidies/scheme.html", form=form, scheme=scheme, funds=fund_choices(session, page.words), decimal=Decimal
    )


@router.post("/subsidy-schemes/{code}", dependencies=[needs(Right.FUND_MANAGE)])
def change_scheme(code: Code, sent: SentForm) -> Response:
    """Another rule for the runs to come."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        typed_amounts(typed)
        service.change_scheme(work, code, validated(SubsidySchemeChange, typed))
        return f"/subsidy-schemes/{code}"

    return sent.run(act, lambda session, form: _scheme(page, session, code, form), part="change")
