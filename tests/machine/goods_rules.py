"""Rules of goods on the way: trips made, shipped with exceptions and called off; recalls answered and closed."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from app.core.work import Work
from app.dispatch import trip_shipping, trips
from app.dispatch.models import ShippedLot, TransferOrder, TransferOrderLine, Trip
from app.dispatch.return_schemas import NewFacilityReturn, NewReturnLine
from app.dispatch.returns import take_back
from app.dispatch.schemas import TurnBack
from app.dispatch.trip_schemas import LoadException, TripDay, TripShipment
from app.dispatch.turning_back import turn_back
from app.dispatch.types import TransferOrderState, TripState
from app.facilities.models import Facility
from app.stock import recalls
from app.stock.models import LotRecall
from app.stock.schemas import RecallAnswerPayload, RecallClosing
from app.stock.service import block_lot
from app.stock.types import RecallState
from tests.machine.acting import FACILITY, PICKS, Acting, having
from tests.machine.world import GROUP, KEEPER


class GoodsRules(Acting):
    """Keepers load vehicles; facilities answer recalls, and the group closes them."""

    @having("transfer")
    @rule(pick=PICKS)
    def plan_trips(self, pick: int) -> None:
        """The open orders of a warehouse and day go together."""
        query = select(Facility.code, TransferOrder.ship_on).join(Facility, Facility.id == TransferOrder.warehouse_id)
        row = self.row(pick, query.where(TransferOrder.state == TransferOrderState.OPEN).order_by(TransferOrder.id))
        if row is not None:
            wanted = TripDay(warehouse=row.code, day=row.ship_on)
            self.act(lambda s: trips.plan_trips(Work(s, KEEPER, self.clock), wanted).trips)

    def _trip(self, pick: int) -> str | None:
        row = self.row(pick, select(Trip.code).where(Trip.state == TripState.OPEN).order_by(Trip.id))
        return None if row is None else str(row.code)

    @having("transfer")
    @rule(pick=PICKS, percent=st.sampled_from([0, 50, 100, 100]))
    def ship_trip(self, pick: int, percent: int) -> None:
        """All that is reserved leaves, or a part of the first lot."""
        code = self._trip(pick)
        if code is None:
            return
        loading = self.read(lambda s: trips.loading_list(s, trips.trip_by_code(s, code), clock=self.clock))
        first = next(((stop.order, lot) for stop in loading.stops for lot in stop.lots), None)
        exceptions: list[LoadException] = []
        if first is not None and percent < 100:
            order, lot = first
            part = lot.quantity * percent // 100
            exceptions = [LoadException(order=order, line=lot.line, lot_id=lot.lot_id, quantity=part)]
        new = TripShipment(vehicle="湘B·12345", driver="王师傅", exceptions=exceptions)
        self.act(lambda s: trip_shipping.ship_trip(Work(s, KEEPER, self.clock), code, new))

    @having("transfer")
    @rule(pick=PICKS)
    def cancel_trip(self, pick: int) -> None:
        """Its orders stay open."""
        code = self._trip(pick)
        if code is not None:
            self.act(lambda s: trips.cancel_trip(Work(s, KEEPER, self.clock), code, "snow"))

    @having("transfer")
    @rule(pick=PICKS)
    def trip_leaves(self, pick: int) -> None:
        """The usual way: put together, and shipped with all that is reserved."""
        self.plan_trips(pick)
        self.ship_trip(0, 100)

    @having("transfer")
    @rule(pick=PICKS)
    def recall_what_left(self, pick: int) -> None:
        """A lot of which units have left."""
        row = self.row(pick, select(ShippedLot.lot_id).order_by(ShippedLot.id.desc()))
        if row is not None:
            self.act(lambda s: block_lot(Work(s, KEEPER, self.clock), row.lot_id, "recall"))

    @having("transfer")
    @rule(pick=PICKS)
    def turn_round(self, pick: int) -> None:
        """A vehicle comes back with all that it carried for an order."""
        query = select(TransferOrder.code).where(TransferOrder.state == TransferOrderState.SHIPPED)
        row = self.row(pick, query.order_by(TransferOrder.id))
        if row is not None:
            new = TurnBack(reason="the road is closed")
            self.act(lambda s: turn_back(Work(s, KEEPER, self.clock), row.code, new))

    @having("transfer")
    @rule(pick=PICKS, usable=st.integers(0, 40), destroyed=st.integers(0, 10))
    def give_back(self, pick: int, usable: int, destroyed: int) -> None:
        """A facility gives goods back, or more than it was given, which is refused."""
        lots = select(ShippedLot.lot_id, Facility.code).join(
            TransferOrderLine, TransferOrderLine.id == ShippedLot.line_id
        )
        lots = lots.join(TransferOrder, TransferOrder.id == TransferOrderLine.transfer_order_id)
        row = self.row(pick, lots.join(Facility, Facility.id == TransferOrder.facility_id).order_by(ShippedLot.id))
        if row is None:
            return
        line = NewReturnLine(lot_id=row.lot_id, usable_units=usable, destroyed_units=destroyed)
        new = NewFacilityReturn(facility=row.code, warehouse="wh", reason="too many", lines=[line])
        self.act(lambda s: take_back(Work(s, KEEPER, self.clock), new))

    def _recall(self, pick: int) -> Any:
        query = select(LotRecall.code, LotRecall.lot_id).where(LotRecall.state == RecallState.OPEN)
        return self.row(pick, query.order_by(LotRecall.id))

    @rule(pick=PICKS, facility=FACILITY, percent=st.sampled_from([50, 100, 101]))
    def answer_recall(self, pick: int, facility: str, percent: int) -> None:
        """For all that was delivered, a part of it, or more, which is refused."""
        recall = self._recall(pick)
        if recall is None:
            return
        holders = self.read(lambda s: recalls.delivered_units(recalls.holders_of(s, recall.lot_id)))
        place = self.read(lambda s: s.scalars(select(Facility.id).where(Facility.code == facility)).one())
        delivered = holders.get(place, 0)
        units = delivered + 1 if percent > 100 else delivered * percent // 100
        answer = RecallAnswerPayload(facility=facility, quarantined_units=units)
        done = self.act(lambda s: recalls.answer_recall(Work(s, GROUP, self.clock), recall.code, answer))
        assert done == (units <= delivered), f"{units} of {delivered} answered: {done}"

    @rule(pick=PICKS, silent=st.booleans())
    def close_recall(self, pick: int, silent: bool) -> None:
        """Refused while units are on the road, or while somebody has not answered."""
        recall = self._recall(pick)
        if recall is not None:
            closing = RecallClosing(outcome="destroyed", without_answers=silent)
            self.act(lambda s: recalls.close_recall(Work(s, GROUP, self.clock), recall.code, closing))
