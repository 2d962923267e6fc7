"""The list of transfer orders, with today's work of every warehouse above it, and orders made from approved plans."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Response
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.auth import Actor, Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch.models import TransferOrder
from app.dispatch.orders import OrderFilter, create_orders, select_orders, within_reach
from app.dispatch.rules import DONE_STATES
from app.dispatch.types import TransferOrderState
from app.facilities.models import Facility
from app.planning.plans.models import AllocationLine, AllocationPlan
from app.planning.plans.types import PlanState
from app.web.kit.columns import code_column, day_column, name_column, state_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed
from app.web.kit.rendering import Words
from app.web.kit.tables import Column, Filter, Kind, Listing, state_filter
from app.web.kit.units import read_day
from app.worklist.service import work_list

router = APIRouter(include_in_schema=False)

State = TransferOrderState
DELIVERED_STATES = (State.DELIVERED, State.DELIVERED_WITH_DISCREPANCY)

_Warehouse, _Facility = aliased(Facility), aliased(Facility)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseDay:
    """What a warehouse has before it on a day, in numbers of orders."""

    warehouse: Facility
    overdue: int
    """Should have left on an earlier day."""
    to_send: int
    on_the_road: int
    delivered: int


@router.get("/transfer-orders", dependencies=[needs(Right.DISPATCH_READ)])
def show_orders(page: Page, session: Reader) -> Response:
    """Today by warehouse; plans that wait for their orders; all orders."""
    return _show(page, session, Form())


@router.post("/plans/{code}/transfer-orders", dependencies=[needs(Right.DISPATCH)])
def make_orders(code: Code, sent: SentForm) -> Response:
    """The orders of an approved plan, then the list of them; or the list again with the reason."""
    page = sent.page

    def act(work: Work, _: Typed) -> str:
        create_orders(work, code)
        return f"/transfer-orders?plan={code}"

    return sent.run(act, lambda session, form: _show(page, session, form))


def _show(page: PageContext, session: Session, form: Form) -> Response:
    actor = page.actor
    listing = _listing(session, actor, page.words, undone_first="sort" not in page.request.query_params)
    return page.render_list(
        session,
        listing,
        "dispatch/orders.html",
        form=form,
        tasks=work_list(session, actor, page.clock),
        board=warehouse_days(session, actor, page.clock.today()) if actor.facilities is None else (),
        waiting=_waiting(session, actor) if actor.may(Right.DISPATCH) else (),
    )


def _waiting(session: Session, actor: Actor) -> list[tuple[AllocationPlan, Sequence[Facility]]]:
    """Approved plans without orders, each with the warehouses that it sends from and that are not the actor's."""
    query = select(AllocationPlan).where(AllocationPlan.state == PlanState.APPROVED).order_by(AllocationPlan.id)
    senders = select(AllocationLine.plan_id, Facility).join(Facility, Facility.id == AllocationLine.warehouse_id)
    foreign: dict[int, list[Facility]] = defaultdict(list)
    plans = session.scalars(query).unique().all()
    waiting = senders.where(AllocationLine.plan_id.in_([plan.id for plan in plans])).distinct().order_by(Facility.code)
    for plan_id, warehouse in session.execute(waiting).unique():
        if not actor.has_warehouse(warehouse.code):
            foreign[plan_id].append(warehouse)
    return [(plan, foreign[plan.id]) for plan in plans]


def warehouse_days(session: Session, actor: Actor, today: date) -> list[WarehouseDay]:
    """The day of each warehouse within the actor's reach that has anything to do on it, by its code."""
    order = TransferOrder
    query = (
        select(order.warehouse_id, order.state, order.ship_on, func.count())
        .where(
            within_reach(actor),
            or_(
                and_(order.state == State.OPEN, order.ship_on <= today),
                order.state == State.SHIPPED,
                and_(order.state.in_(DELIVERED_STATES), order.delivered_on == today),
            ),
        )
        .group_by(order.warehouse_id, order.state, order.ship_on)
    )
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for warehouse_id, state, ship_on, count in session.execute(query):
        name = ("overdue" if ship_on < today else "to_send") if state is State.OPEN else _NAMES[state]
        counts[warehouse_id][name] += count
    warehouses = select(Facility).where(Facility.id.in_(sorted(counts))).order_by(Facility.code)
    return [
        WarehouseDay(warehouse=one, **{name: counts[one.id][name] for name in ("overdue", "to_send", *_SHOWN)})
        for one in session.scalars(warehouses).unique()
        if actor.has_warehouse(one.code)
    ]


_NAMES = {State.SHIPPED: "on_the_road", State.DELIVERED: "delivered", State.DELIVERED_WITH_DISCREPANCY: "delivered"}
_SHOWN = ("on_the_road", "delivered")


def _listing(session: Session, actor: Actor, words: Words, *, undone_first: bool) -> Listing[TransferOrder]:
    order = TransferOrder
    by_name = "name_zh" if words.language == "zh-CN" else "name_en"
    rows = (
        select_orders(OrderFilter(), actor=actor)
        .join(_Warehouse, order.warehouse_id == _Warehouse.id)
        .join(_Facility, order.facility_id == _Facility.id)
    )
    if undone_first:
        rows = rows.order_by(order.state.in_(sorted(DONE_STATES)))
    columns: list[Column[TransferOrder]] = [
        code_column("/transfer-orders", order.id),
        day_column("ship_on", "Leaves on", lambda row: row.ship_on, order.ship_on),
        name_column("from", "Warehouse", lambda row: row.warehouse, getattr(_Warehouse, by_name)),
        name_column("to", "Facility", lambda row: row.facility, getattr(_Facility, by_name)),
        Column(key="items", title="Items sent", kind=Kind.TEXT, value=lambda row: _items(words, row)),
        state_column(lambda row: row.state, order.state),
        Column(key="vehicle", title="Vehicle", value=lambda row: row.vehicle, order=order.vehicle),
        Column(key="plan", title="Plan", value=lambda row: row.plan.code, order=order.plan_id),
    ]
    return Listing(
        file_name="Transfer orders",
        rows=rows,
        columns=columns,
        filters=_filters(session, actor, words),
        key=order.id,
        sort="ship_on",
        empty="There is no transfer order yet: they are made from an approved plan.",
    )


def _items(words: Words, order: TransferOrder) -> str:
    """The first items of an order by name, and how many more."""
    named = list(dict.fromkeys(words.name(line.item) for line in order.lines))
    if len(named) <= 2:
        return words(", ").join(named)
    return words("{items} and {count} more", items=words(", ").join(named[:2]), count=len(named) - 2)


def _filters(session: Session, actor: Actor, words: Words) -> list[Filter]:
    order = TransferOrder

    def places(column: object) -> list[tuple[str, str]]:
        used = select(column).where(within_reach(actor))  # type: ignore[call-overload]
        query = select(Facility).where(Facility.id.in_(used)).order_by(Facility.code)
        return [(one.code, words.name(one)) for one in session.scalars(query).unique()]

    return [
        Filter(
            key="day",
            title="Leaves on",
            is_day=True,
            narrow=lambda query, value: query.where(order.ship_on == read_day(value)),
        ),
        Filter(
            key="warehouse",
            title="Warehouse",
            choices=places(order.warehouse_id),
            narrow=lambda query, value: query.where(_Warehouse.code == value),
        ),
        state_filter(words, State, order.state),
        Filter(
            key="facility",
            title="Facility",
            choices=places(order.facility_id),
            narrow=lambda query, value: query.where(_Facility.code == value),
        ),
        Filter(
            key="plan",
            title="Plan",
            narrow=lambda query, value: query.where(order.plan.has(AllocationPlan.code == value)),
        ),
    ]
