"""Where the units of a lot are, with the vehicles of what is on the road."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.dispatch.models import TransferOrder
from app.dispatch.schemas import HolderView, RecallDetail
from app.stock.models import LotRecall
from app.stock.recalls import Holder, answers_within, holders_of
from app.stock.schemas import RecallAnswerView, RecallView


def holders_with_vehicles(session: Session, lot_id: int, *, actor: Actor) -> list[HolderView]:
    """Where every unit of a lot is, with whom to call, and the vehicle and driver of what is on the road."""
    holders = holders_of(session, lot_id, actor=actor)
    orders = _orders(session, holders)
    return [_view(one, orders.get(one.document)) for one in holders]


def _orders(session: Session, holders: Sequence[Holder]) -> dict[str, TransferOrder]:
    codes = sorted({one.document for one in holders if one.document})
    query = select(TransferOrder).where(TransferOrder.code.in_(codes))
    return {order.code: order for order in session.scalars(query).unique()}


def _view(holder: Holder, order: TransferOrder | None) -> HolderView:
    place = holder.place
    return HolderView(
        end=holder.end,
        place=place.code,
        name_zh=place.name_zh,
        name_en=place.name_en,
        address=place.address,
        contact=place.contact,
        telephone=place.telephone,
        units=holder.units,
        transfer_order=holder.document,
        vehicle=order.vehicle if order is not None else "",
        driver=order.driver if order is not None else "",
    )


def recall_summary(recall: LotRecall, *, actor: Actor) -> RecallView:
    """A recall with the answers of the actor's facilities."""
    answers = [RecallAnswerView.of(one) for one in answers_within(recall, actor)]
    return RecallView.of(recall).model_copy(update={"answers": answers})


def recall_detail(session: Session, recall: LotRecall, *, actor: Actor) -> RecallDetail:
    """A recall with where its units are now; people of facilities see what is theirs."""
    shown = dict(recall_summary(recall, actor=actor))
    return RecallDetail(**shown, holders=holders_with_vehicles(session, recall.lot_id, actor=actor))
