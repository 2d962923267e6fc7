"""Many donations written down at once, with the keyboard alone: a table of lines that reads names as people say."""

from collections.abc import Mapping

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.errors import Fault, InvalidInputError
from app.core.http.deps import Reader
from app.core.numbering import next_code
from app.core.work import Work
from app.partners.schemas import NewPartner
from app.partners.service import create_partner
from app.partners.types import PartnerKind
from app.procurement.duplicates import LikelyDuplicateError, Promised, refuse_repeated_pledges
from app.procurement.pledges import confirm_pledge, create_pledge
from app.procurement.rules import PLEDGE_CHANNELS
from app.procurement.schemas import NewPledge, PledgeConfirmation
from app.web.kit.choices import (
    facility_choices,
    facility_names,
    item_choices,
    partner_choices,
    partner_names,
    warehouse_choices,
    word_choices,
)
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import UNKNOWN, Form, FormReader, Typed, rows_of, validated
from app.web.kit.sheet_lines import ToldSheet

router = APIRouter(include_in_schema=False)

ROWS_SHOWN = 10
ROWS_MAX = 100
_OF_ALL = ("supply_channel", "warehouse")
"""Fields that stand once above the lines."""


@router.get("/pledges/new", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def show_entry(page: Page, session: Reader) -> Response:
    """A table to fill."""
    return entry_page(page, session, Form(values={"expected_on": page.clock.today().isoformat()}))


@router.post("/pledges", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def record_pledges(sent: SentForm) -> Response:
    """Write down all lines, or none and tell what is wrong with each."""
    return sent.run(_record, lambda session, form: entry_page(sent.page, session, form))


def entry_page(page: PageContext, session: Session, form: Form, told: ToldSheet | None = None) -> Response:
    """The table of donations, and what became of the sheet that filled it."""
    words = page.words
    return page.render(
        "procurement/pledge_entry.html",
        form=form,
        told=told,
        rows=form.rows("lines", at_least=ROWS_SHOWN),
        partners=partner_choices(session, words),
        items=item_choices(session, words),
        warehouses=warehouse_choices(session, words),
        facilities=facility_choices(session, words),
        channels=word_choices(words, "channel", sorted(PLEDGE_CHANNELS)),
        is_repeated=isinstance(form.refusal, LikelyDuplicateError),
        has_new_givers=any((fault.code, fault.where[-8:]) == ("unknown_id", ".partner") for fault in form.all_faults),
    )


def _record(work: Work, typed: Typed) -> str:
    rows = rows_of(typed, "lines")
    if not rows:
        raise InvalidInputError.of("Nothing is filled in yet.", where="lines.0.partner", code="nothing_filled_in")
    if len(rows) > ROWS_MAX:
        raise InvalidInputError.of("At most {rows_max} lines at once.", code="too_many_rows", rows_max=ROWS_MAX)
    news = _read(work, rows, typed)
    if typed.get("anyway") != "yes":
        refuse_repeated_pledges(work.session, [_promised(new, n) for n, new in enumerate(news)])
    faults: list[Fault] = []
    for n, new in enumerate(news):
        try:
            pledge = create_pledge(work, new)
        except InvalidInputError as refusal:
            faults += [_placed(fault, n) for fault in refusal.faults]
            continue
        if typed.get("confirmed") == "yes":
            confirm_pledge(work, pledge.code, PledgeConfirmation())
    InvalidInputError.raise_if(list({(fault.where, fault.message): fault for fault in faults}.values()))
    return f"/pledges?recorded={len(news)}"


def _promised(new: NewPledge, n: int) -> Promised:
    return Promised(
        partner=new.partner,
        item=new.item,
        units=new.quantity,
        expected_on=new.expected_on,
        where=f"lines.{n}.quantity",
    )


def _placed(fault: Fault, n: int) -> Fault:
    if fault.where in _OF_ALL:
        return fault
    where = "earmark" if fault.where.startswith("earmark") else fault.where
    return fault.at(where).below(f"lines.{n}")


def _read(work: Work, rows: list[Typed], typed: Mapping[str, object]) -> list[NewPledge]:
    """The lines as payloads; unknown givers are entered where that was asked for. Raises with every fault."""
    reader = FormReader(work.session)
    givers, facilities = partner_names(work.session), facility_names(work.session)
    news = []
    for n, row in enumerate(rows):
        at = f"lines.{n}."
        text = row.get("partner")
        if typed.get("new_partners") == "yes" and isinstance(text, str) and givers.code(text) is None:
            _enter_giver(work, text, f"{at}partner")
            givers = partner_names(work.session)
        reader.name(row, "partner", givers, "partner", at)
        reader.quantity(row, reader.item(row, at), "quantity", at)
        reader.name(row, "earmark", facilities, "facility", at)
        earmark = row.pop("earmark", None)
        of_all = {name: typed[name] for name in (*_OF_ALL, "expected_on") if name in typed}
        new = reader.payload(NewPledge, {**of_all, **row, "earmark": [earmark] if earmark else []}, at)
        if new is not None:
            news.append(new)
    told = [_placed(f.at(f.where.split(".", 2)[2]), int(f.where.split(".")[1])) for f in reader.faults]
    InvalidInputError.raise_if(list({(fault.where, fault.message): fault for fault in told}.values()))
    assert UNKNOWN not in {new.partner for new in news}
    return news


def _enter_giver(work: Work, name: str, where: str) -> None:
    code = next_code(work.session, "GIVER", work.today)
    named = {"code": code, "name_zh": name, "name_en": name, "kind": PartnerKind.DONOR}
    try:
        new = validated(NewPartner, named)
    except InvalidInputError as refusal:
        raise InvalidInputError(*(one.at(where) for one in refusal.faults)) from None
    create_partner(work, new)
