"""Publishing: the balance of a day out of the ledger, checked, numbered, and never changed afterwards."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.core.clock import Clock
from app.core.errors import ConflictError, InvalidInputError
from app.core.numbering import next_code
from app.core.work import Work
from app.disclosure.models import Disclosure, DisclosureDirective, DisclosureIssue, DisclosureLine
from app.disclosure.rules import Figures, Key, balance_faults, stated_faults
from app.disclosure.schemas import (
    DisclosureDirectiveView,
    DisclosureHeadView,
    DisclosureIssueView,
    DisclosureLineView,
    DisclosureView,
    NewDisclosure,
)
from app.facilities.models import Facility
from app.partners.types import SupplyChannel
from app.planning.directives.in_plans import confirmed_until
from app.stock.cards import stock_on
from app.stock.models import Lot, StockEvent
from app.stock.published import note_published
from app.stock.types import StockEnd


class UnbalancedDisclosureError(ConflictError):
    """The figures do not add up; nothing is published. Each fault names the line and the difference."""

    code = "disclosure_refused"
    title = "These figures cannot be published."


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The figures of a day: by item and channel, and what each facility was issued, by item and facility."""

    as_of: date
    figures: Mapping[Key, Figures]
    issued: Mapping[tuple[str, str], int]

    @property
    def issued_by_item(self) -> dict[str, int]:
        """What all facilities together were issued."""
        totals: dict[str, int] = defaultdict(int)
        for (item, _), units in self.issued.items():
            totals[item] += units
        return dict(totals)


def balance_on(session: Session, day: date) -> Balance:
    """The balance at the end of a day: on hand out of the stock cards, everything else out of the events, so that one
    proves the other."""
    moved: dict[Key, dict[StockEnd, int]] = defaultdict(lambda: defaultdict(int))
    for end, sign in ((StockEvent.to_end, 1), (StockEvent.from_end, -1)):
        query = (
            select(Item.code, Lot.supply_channel, end, func.sum(StockEvent.quantity))
            .join(Lot, Lot.id == StockEvent.lot_id)
            .join(Item, Item.id == Lot.item_id)
            .where(StockEvent.occurred_on <= day)
            .group_by(Item.code, Lot.supply_channel, end)
        )
        for item, channel, at, units in session.execute(query):
            moved[item, SupplyChannel(channel).value][StockEnd(at)] += sign * int(units)
    on_hand: dict[Key, int] = defaultdict(int)
    for row in stock_on(session, day):
        on_hand[row.lot.item.code, row.lot.supply_channel.value] += row.on_hand
    figures = {
        key: Figures(
            received=-moved[key][StockEnd.OUTSIDE],
            issued=moved[key][StockEnd.FACILITY],
            in_transit=moved[key][StockEnd.TRANSIT],
            on_hand=on_hand[key],
            lost=moved[key][StockEnd.LOST],
            returned=moved[key][StockEnd.RETURNED],
        )
        for key in sorted({*moved, *on_hand})
    }
    return Balance(as_of=day, figures=figures, issued=_issued(session, day))


def _issued(session: Session, day: date) -> dict[tuple[str, str], int]:
    issued: dict[tuple[str, str], int] = defaultdict(int)
    for end, sign in ((StockEvent.to_end, 1), (StockEvent.from_end, -1)):
        query = (
            select(Item.code, Facility.code, func.sum(StockEvent.quantity))
            .join(Lot, Lot.id == StockEvent.lot_id)
            .join(Item, Item.id == Lot.item_id)
            .join(Facility, Facility.id == StockEvent.facility_id)
            .where(StockEvent.occurred_on <= day, end == StockEnd.FACILITY)
            .group_by(Item.code, Facility.code)
        )
        for item, facility, units in session.execute(query):
            issued[item, facility] += sign * int(units)
    return {key: units for key, units in sorted(issued.items()) if units}


def publish(work: Work, new: NewDisclosure) -> Disclosure:
    """Publish the balance of a day as its next version.

    Raises `InvalidInputError` for a day to come, and for a correction without a reason or a reason without anything
    to correct; `UnbalancedDisclosureError` naming every difference, within the ledger or from the figures stated.
    """
    _lock_ledger(work.session)
    last = work.session.scalars(
        select(Disclosure).where(Disclosure.as_of == new.as_of).order_by(Disclosure.version.desc()).limit(1)
    ).first()
    _refuse_wrong_moment(new, last, work.today)
    balance = balance_on(work.session, new.as_of)
    faults = balance_faults(balance.figures, balance.issued_by_item)
    if new.stated is not None:
        stated = [((line.item, line.channel.value), _figures(line.model_dump())) for line in new.stated]
        faults += stated_faults(stated, balance.figures)
    UnbalancedDisclosureError.raise_if(faults)
    disclosure = _store(work, new, balance, last.version + 1 if last else 1)
    note_published(work, new.as_of)
    work.record(
        "DISCLOSURE_PUBLISHED",
        "disclosure",
        disclosure.code,
        after={
            "as_of": new.as_of.isoformat(),
            "version": disclosure.version,
            "reason": disclosure.reason,
            "lines": len(balance.figures),
            "received": sum(line.received for line in balance.figures.values()),
        },
    )
    return disclosure


def _lock_ledger(session: Session) -> None:
    """Let nothing move while it is read: SQLite has one writer anyway; PostgreSQL would show two moments."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE stock_event IN SHARE MODE"))


def _refuse_wrong_moment(new: NewDisclosure, last: Disclosure | None, today: date) -> None:
    if new.as_of > today:
        raise InvalidInputError.of("The day {day} has not come yet.", where="as_of", day=new.as_of.isoformat())
    if last is not None and not new.reason:
        message = "Version {version} has been published for this day; say why it is corrected."
        raise InvalidInputError.of(message, where="reason", code="correction_unexplained", version=last.version)
    if last is None and new.reason:
        message = "Nothing has been published for this day yet, so nothing is corrected."
        raise InvalidInputError.of(message, where="reason", code="nothing_to_correct")


def _figures(values: Mapping[str, object]) -> Figures:
    return Figures(**{name: int(str(values[name])) for name in Figures.__slots__})


def _store(work: Work, new: NewDisclosure, balance: Balance, version: int) -> Disclosure:
    disclosure = Disclosure(
        code=next_code(work.session, "DS", work.today),
        as_of=new.as_of,
        version=version,
        reason=new.reason,
        published_by=work.actor.name,
        published_at=work.now,
    )
    facilities = {facility.code: facility for facility in work.session.scalars(select(Facility))}
    items = {item.code: item for item in work.session.scalars(select(Item))}
    disclosure.lines = balance_lines(work.session, balance)
    disclosure.issues = [
        DisclosureIssue(item=items[item], facility=facilities[facility], issued=units)
        for (item, facility), units in balance.issued.items()
    ]
    disclosure.directives = [
        DisclosureDirective(directive=directive)
        for directive in confirmed_until(work.session, end_of_day(new.as_of, work.clock))
    ]
    work.session.add(disclosure)
    work.session.flush()
    return disclosure


def end_of_day(day: date, clock: Clock) -> datetime:
    """The moment at which a day of the city ends."""
    return datetime.combine(day + timedelta(days=1), time(), clock.city_zone)


def balance_lines(session: Session, balance: Balance) -> list[DisclosureLine]:
    """The figures as lines of a version that is not stored (yet), in the order of the catalogue."""
    items = {item.code: item for item in session.scalars(select(Item))}
    lines = [
        DisclosureLine(
            item=items[item],
            channel=SupplyChannel(channel),
            **{name: getattr(line, name) for name in Figures.__slots__},
        )
        for (item, channel), line in balance.figures.items()
    ]
    return sorted(lines, key=lambda line: (line.item.id, line.channel))


def select_disclosures() -> Select[Disclosure]:
    """All versions."""
    return select(Disclosure)


def newest_disclosure(session: Session) -> Disclosure | None:
    """The last version of the last day published; what people should look at."""
    query = select_disclosures().order_by(Disclosure.as_of.desc(), Disclosure.version.desc()).limit(1)
    return session.scalars(query).first()


def disclosure_view(disclosure: Disclosure) -> DisclosureView:
    """A version with all its figures."""
    return DisclosureView(
        **DisclosureHeadView.of(disclosure).model_dump(),
        lines=[
            DisclosureLineView(
                item=line.item.code,
                item_name_zh=line.item.name_zh,
                item_name_en=line.item.name_en,
                unit=line.item.base_unit.value,
                channel=line.channel,
                **{name: getattr(line, name) for name in Figures.__slots__},
            )
            for line in disclosure.lines
        ],
        issues=[
            DisclosureIssueView(
                item=issue.item.code,
                facility=issue.facility.code,
                facility_name_zh=issue.facility.name_zh,
                facility_name_en=issue.facility.name_en,
                issued=issue.issued,
                unit=issue.item.base_unit.value,
            )
            for issue in disclosure.issues
        ],
        directives=[
            DisclosureDirectiveView(
                code=row.directive.code,
                facility=row.directive.facility.code,
                facility_name_zh=row.directive.facility.name_zh,
                facility_name_en=row.directive.facility.name_en,
                item=row.directive.item.code,
                unit=row.directive.item.base_unit.value,
                quantity=row.directive.quantity,
                needed_by=row.directive.needed_by,
                at_once=row.directive.at_once,
                reason=row.directive.reason,
            )
            for row in disclosure.directives
        ],
    )
