"""Index figures and people entitled: lists, with a form to enter or correct one."""

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.work import Work
from app.facilities.models import GeographicZone
from app.subsidies import figures
from app.subsidies.models import EntitledCount, IndexFigure, IndexRegion
from app.subsidies.schemas import NewEntitledCount, NewIndexFigure
from app.subsidies.types import EntitledGroup
from app.web.kit.choices import Choices, word_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, take_amount, validated
from app.web.kit.rendering import Words
from app.web.kit.tables import Listing

router = APIRouter(include_in_schema=False)


def region_choices(session: Session, words: Words) -> Choices:
    """The regions of the price statistics."""
    return [(row.code, words.name(row)) for row in session.scalars(select(IndexRegion).order_by(IndexRegion.id))]


def zone_choices(session: Session, words: Words) -> Choices:
    """All zones."""
    rows = session.scalars(select(GeographicZone).order_by(GeographicZone.id))
    return [(row.code, words.name(row)) for row in rows]


@router.get("/index-figures", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_figures(page: Page, session: Reader) -> Response:
    """All figures in all revisions, the newest month first."""
    return _figures(page, session, Form())


def _rise(key: str, title: str) -> Column[IndexFigure]:
    def share(row: IndexFigure) -> float | None:
        permille: int | None = getattr(row, f"{key}_permille")
        return None if permille is None else permille / 1_000

    return Column(key=key, title=title, value=share, kind=Kind.SHARE)


def _figures(page: PageContext, session: Session, form: Form) -> Response:
    columns: list[Column[IndexFigure]] = [
        Column(key="region", title="Region", value=lambda row: row.region, kind=Kind.NAME),
        Column(key="month", title="Month", value=lambda row: row.month, order=IndexFigure.month),
        Column(key="revision", title="Revision", value=lambda row: row.revision, kind=Kind.NUMBER),
        _rise("cpi", "Consumer prices, on the year"),
        _rise("food", "Food, on the year"),
        _rise("scpi", "Index for low incomes, on the year"),
        Column(key="published", title="Published on", value=lambda row: row.published_on, kind=Kind.DAY),
        Column(key="source", title="Source", value=lambda row: row.source),
        Column(key="reason", title="Reason of the correction", value=lambda row: row.reason),
    ]
    listing = Listing(
        file_name="Price indexes",
        rows=figures.select_figures(),
        columns=columns,
        key=IndexFigure.id,
        sort="-month",
        empty="No index figures yet.",
    )
    regions = region_choices(session, page.words)
    return page.render_list(session, listing, "subsidies/figures.html", form=form, regions=regions)


@router.post("/index-figures", dependencies=[needs(Right.SUBSIDY_DRAFT)])
def enter_figure(sent: SentForm) -> Response:
    """Enter the indexes of a month, or correct them."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        for name in ("cpi", "food", "scpi"):
            take_amount(typed, name, into=f"{name}_permille", per_unit=10)
        figures.enter_figure(work, validated(NewIndexFigure, typed))
        return "/index-figures"

    return sent.run(act, lambda session, form: _figures(page, session, form), part="figure")


@router.get("/entitled-counts", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_counts(page: Page, session: Reader) -> Response:
    """All counts in all revisions, the newest month first."""
    return _counts(page, session, Form())


def _counts(page: PageContext, session: Session, form: Form) -> Response:
    columns: list[Column[EntitledCount]] = [
        Column(
            key="group",
            title="Group",
            value=lambda row: f"entitled.{row.entitled_group.value}",
            kind=Kind.WORD,
            order=EntitledCount.entitled_group,
        ),
        Column(key="zone", title="Zone", value=lambda row: row.zone, kind=Kind.NAME, order=EntitledCount.zone_id),
        Column(key="month", title="Month", value=lambda row: row.month, order=EntitledCount.month),
        Column(key="revision", title="Revision", value=lambda row: row.revision, kind=Kind.NUMBER),
        Column(
            key="people", title="People", value=lambda row: row.people, kind=Kind.NUMBER, order=EntitledCount.people
        ),
        Column(key="source", title="Source", value=lambda row: row.source),
        Column(key="reason", title="Reason of the correction", value=lambda row: row.reason),
    ]
    listing = Listing(
        file_name="People entitled",
        rows=figures.select_counts(),
        columns=columns,
        key=EntitledCount.id,
        sort="-month",
        empty="Nobody has been counted yet.",
    )
    return page.render_list(
        session,
        listing,
        "subsidies/counts.html",
        form=form,
        groups=word_choices(page.words, "entitled", EntitledGroup),
        zones=zone_choices(session, page.words),
    )


@router.post("/entitled-counts", dependencies=[needs(Right.SUBSIDY_DRAFT)])
def enter_count(sent: SentForm) -> Response:
    """Enter the people of a group in a zone, or correct them."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        figures.enter_count(work, validated(NewEntitledCount, typed))
        return "/entitled-counts"

    return sent.run(act, lambda session, form: _counts(page, session, form), part="count")
