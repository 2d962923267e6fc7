"""What a city needs before its first plan, and what of it is there: each line with a count and where to go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import ColumnExpressionArgument, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.auth.models import Account
from app.catalog.models import FacilityType, Item, Norm
from app.catalog.types import Program
from app.core.errors import Param
from app.core.rights import Role
from app.facilities.models import Facility, GeographicZone, Lane
from app.interop.city.present import current_policies
from app.requisitions.models import Requisition
from app.requisitions.types import RequisitionState
from app.stock.models import StockBalance

NAMED_MAX = 10
WORKBOOK = "/city-setup/workbook"
SHEETS = "/city-setup/sheets"


class Weight(StrEnum):
    """How much a line matters."""

    NEEDED = "needed"
    """Without it no plan can be computed or approved."""
    ADVISED = "advised"
    """A plan can be computed, but something of it will be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One thing that a city needs; `message` is what is so, with `params`."""

    code: str
    weight: Weight
    is_done: bool
    message: str
    params: dict[str, Param] = field(default_factory=dict)
    link: str = WORKBOOK
    names: Sequence[tuple[str, str]] = ()
    """Some of the things that lack something, by their Chinese and English names."""


def checklist(session: Session) -> list[CheckLine]:
    """Everything that is looked at, done or not, in the order in which people do it."""
    return [*_catalogue(session), *_places(session), *_policies(session), *_people(session), *_begun(session)]


def missing_needed(lines: Sequence[CheckLine]) -> list[CheckLine]:
    """What keeps the city from its first plan."""
    return [line for line in lines if not line.is_done and line.weight is Weight.NEEDED]


def _count(session: Session, table: type, *where: ColumnExpressionArgument[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def _counted(code: str, count: int, message: str, *, weight: Weight = Weight.NEEDED, link: str = WORKBOOK) -> CheckLine:
    return CheckLine(code=code, weight=weight, is_done=count > 0, message=message, params={"count": count}, link=link)


def _catalogue(session: Session) -> Iterator[CheckLine]:
    yield _counted("zones", _count(session, GeographicZone), "Zones: {count}", link=f"{SHEETS}/zones")
    yield _counted(
        "facility_types", _count(session, FacilityType), "Facility types: {count}", link=f"{SHEETS}/facility_types"
    )
    yield _counted("items", _count(session, Item, Item.active), "Items in use: {count}", link=f"{SHEETS}/items")
    yield _counted("norms", _count(session, Norm), "Norms: {count}", weight=Weight.ADVISED, link=f"{SHEETS}/norms")


def _places(session: Session) -> Iterator[CheckLine]:
    kept = Facility.facility_type.has(FacilityType.keeps_stock)
    yield _counted(
        "warehouses",
        _count(session, Facility, Facility.active, kept),
        "Warehouses: {count}",
        link=f"{SHEETS}/warehouses",
    )
    asking = _count(session, Facility, Facility.active, ~kept)
    yield _counted("facilities", asking, "Facilities that ask for supplies: {count}", link=f"{SHEETS}/facilities")
    store = aliased(Facility)
    reached = exists().where(Lane.facility_id == Facility.id, Lane.warehouse_id == store.id, store.active)
    query = select(Facility.name_zh, Facility.name_en).where(Facility.active, ~kept, ~reached).order_by(Facility.id)
    message = "{count} facilities have no lane from a warehouse."
    yield _lacking("no_lane", _names(session, query), message, "Every facility has a lane.", link="/city-setup/lanes")


def _names(session: Session, query: Select[str, str]) -> list[tuple[str, str]]:
    """The Chinese and English names that a query finds."""
    return [(chinese, english) for chinese, english in session.execute(query).all()]


def _lacking(
    code: str, names: Sequence[tuple[str, str]], message: str, done: str, *, link: str = WORKBOOK
) -> CheckLine:
    return CheckLine(
        code=code,
        weight=Weight.NEEDED,
        is_done=not names,
        message=message if names else done,
        params={"count": len(names)} if names else {},
        link=link,
        names=names[:NAMED_MAX],
    )


def _policies(session: Session) -> Iterator[CheckLine]:
    there = {policy.program: policy for policy in current_policies(session)}
    programs = set(session.scalars(select(Item.program).where(Item.active).distinct()))
    for program in Program:
        if program not in programs:
            continue
        params: dict[str, Param] = {"what": f"program.{program.value}"}
        is_done = program in there
        message = "A policy for {what} is in force." if is_done else "There is no policy for {what}."
        yield CheckLine(
            code=f"policy_{program.value}",
            weight=Weight.NEEDED,
            is_done=is_done,
            message=message,
            params=params,
            link="/policies",
        )
    tiered = {row.facility_type_id for policy in there.values() for row in policy.tiers}
    query = (
        select(FacilityType.name_zh, FacilityType.name_en)
        .where(~FacilityType.keeps_stock, FacilityType.id.not_in(sorted(tiered)))
        .where(exists().where(Facility.facility_type_id == FacilityType.id, Facility.active))
        .order_by(FacilityType.id)
    )
    message = "{count} facility types have no tier in any policy."
    yield _lacking("no_tier", _names(session, query), message, "Every facility type has a tier.", link="/policies")


def _people(session: Session) -> Iterator[CheckLine]:
    link = "/accounts"
    active = {role: _count(session, Account, Account.active, Account.role == role) for role in Role}
    yield _counted("leaders", active[Role.LEADER], "Accounts of leaders, who approve: {count}", link=link)
    yield _counted(
        "office", active[Role.SUPPLIES_GROUP], "Accounts of the supplies group, who propose: {count}", link=link
    )
    for role, code, message in (
        (Role.WAREHOUSE, "stores", "Accounts of warehouses: {count}"),
        (Role.FACILITY, "askers", "Accounts of facilities, who report needs and receive: {count}"),
    ):
        yield _counted(code, active[role], message, weight=Weight.ADVISED, link=link)


def _begun(session: Session) -> Iterator[CheckLine]:
    stock = _count(session, StockBalance, StockBalance.on_hand > 0)
    yield _counted("stock", stock, "Lots in stock: {count}", link="/stock")
    handed_in = Requisition.state.in_([RequisitionState.SUBMITTED, RequisitionState.REVIEWED])
    yield _counted("needs", _count(session, Requisition, handed_in), "Needs handed in: {count}", link="/requisitions")
