"""Rules of what is decided and sent: plans, approvals, orders of plans, transfer orders, deliveries; repeats, reach."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth.deps import Actor
from app.catalog.types import Program
from app.core.errors import NotFoundError, ServiceError
from app.core.http.idempotency import Answer, Call, answer_once
from app.core.rights import ALL_RIGHTS
from app.core.work import Work
from app.dispatch import delivery, orders, shipping
from app.dispatch.models import TransferOrder
from app.dispatch.schemas import DeliveredLot, NewShipment, ProofOfDelivery, ShipmentLot
from app.dispatch.types import RejectedGoods, TransferOrderState
from app.planning.approval import purchasing
from app.planning.approval import service as approval
from app.planning.approval.schemas import PlanOrderConfirmation
from app.planning.approval.taken import changes_since
from app.planning.commitments.service import promised_lots
from app.planning.plans.models import AllocationPlan
from app.planning.plans.schemas import NewPlan
from app.planning.plans.service import plan_by_code, propose_plan
from app.planning.plans.types import PlanState
from app.planning.solving.process import solve_document
from app.requisitions import service as requisitions
from app.requisitions.lifecycle import requisition_by_code
from app.requisitions.models import Requisition
from app.requisitions.queries import RequisitionFilter, select_requisitions
from app.requisitions.rules import Thresholds
from app.requisitions.schemas import NewRequisition, NewRequisitionLine
from tests.machine.acting import FACILITY, PICKS, Acting, having
from tests.machine.world import BUYER, FACILITIES, GROUP, KEEPER, LEADER, PLANNER

TRUCK = NewShipment(vehicle="湘B·12345", driver="王师傅")


class PlanRules(Acting):
    """The group plans, leaders decide, keepers send, facilities confirm."""

    def _propose(self) -> str:
        before = self.world.head()
        code = propose_plan(
            self.world.database,
            NewPlan(program=Program.MEDICAL),
            actor=PLANNER,
            clock=self.clock,
            time_limit_seconds=60,
            solve=solve_document,
        )
        assert self.world.head() > before
        self.made.setdefault("plan", []).append(code)
        return code

    def _is_current(self, code: str) -> bool:
        """Whether a plan may be approved: it is young enough, and all that it takes is there now."""
        with self.world.database.read() as session:
            plan = plan_by_code(session, code)
            if plan.state is not PlanState.PROPOSED or plan.start < self.today:
                return False
            if self.clock.now() - plan.proposed_at > timedelta(hours=plan.policy.max_age_hours):
                return False
            return not changes_since(session, plan, self.clock).missing

    def _approve(self, code: str, actor: Actor) -> bool:
        """Invariant 4: approved if, and only if, all that it takes is there and it is somebody else's."""
        allowed = self._is_current(code) and actor != PLANNER
        done = self.act(lambda s: orders.approve_plan(Work(s, actor, self.clock), code))
        assert done == allowed, f"{code} by {actor.name}: {done}, though {allowed} was right"
        return done

    def _dispatch(self, code: str) -> None:
        """The orders of a plan: those that the approval made, else made now."""
        query = select(TransferOrder.code).join(AllocationPlan, AllocationPlan.id == TransferOrder.plan_id)
        there = self.read(lambda s: list(s.scalars(query.where(AllocationPlan.code == code))))
        if not there:
            there = self.world.act(
                lambda s: [one.code for one in orders.create_orders(Work(s, KEEPER, self.clock), code)]
            )
        known = self.made.setdefault("transfer", [])
        known.extend(one for one in there or () if one not in known)

    @rule()
    def propose(self) -> None:
        """A plan from the facts of now."""
        self._propose()

    @having("plan")
    @rule(own=st.booleans(), pick=PICKS)
    def approve(self, own: bool, pick: int) -> None:
        """By its proposer or by a leader; it may be outdated."""
        code = self.one("plan", pick)
        if code is not None:
            self._approve(code, PLANNER if own else LEADER)

    @rule(ordered=st.booleans())
    def plan_and_send(self, ordered: bool) -> None:
        """The usual way: proposed, approved, what it buys ordered, dispatched."""
        code = self._propose()
        if self._approve(code, LEADER):
            if ordered:
                self._order(code)
            self._dispatch(code)

    def _order(self, code: str) -> None:
        confirmed = PlanOrderConfirmation()
        self.act(lambda s: purchasing.order_purchases(Work(s, BUYER, self.clock), code, confirmed))

    @having("plan")
    @rule(pick=PICKS)
    def order_purchases(self, pick: int) -> None:
        """The offers of a plan become orders."""
        code = self.one("plan", pick)
        if code is not None:
            self._order(code)

    @having("plan")
    @rule(pick=PICKS)
    def dispatch(self, pick: int) -> None:
        """Any plan: only an approved one gets transfer orders."""
        code = self.one("plan", pick)
        if code is not None:
            state = self.read(lambda s: plan_by_code(s, code).state)
            orders_of_all = select(func.count()).select_from(TransferOrder)
            before = self.read(lambda s: s.scalar(orders_of_all))
            self._dispatch(code)
            assert state is PlanState.APPROVED or self.read(lambda s: s.scalar(orders_of_all)) == before

    @having("plan")
    @rule(pick=PICKS, rejected=st.booleans())
    def end_plan(self, pick: int, rejected: bool) -> None:
        """Turned down, or called off: one that still could be, where there is one."""
        states = [PlanState.PROPOSED] if rejected else [PlanState.PROPOSED, PlanState.APPROVED, PlanState.DISPATCHING]
        query = select(AllocationPlan.code).where(AllocationPlan.state.in_(states)).order_by(AllocationPlan.id)
        row = self.row(pick, query)
        if row is not None:
            end = approval.reject_plan if rejected else orders.cancel_plan
            self.act(lambda s: end(Work(s, LEADER, self.clock), row.code, "new figures"))

    def _transfer(self, pick: int, state: TransferOrderState) -> str | None:
        row = self.row(pick, select(TransferOrder.code).where(TransferOrder.state == state).order_by(TransferOrder.id))
        return None if row is None else str(row.code)

    @having("transfer")
    @rule(orders_at_most=st.integers(1, 4))
    def ship_all(self, orders_at_most: int) -> None:
        """Several orders leave with all that is reserved for them."""
        for _ in range(orders_at_most):
            code = self._transfer(0, TransferOrderState.OPEN)
            if code is None or not self.act(
                lambda s, code=code: shipping.ship_order(Work(s, KEEPER, self.clock), code, TRUCK)
            ):
                return

    @having("transfer")
    @rule(pick=PICKS, percent=st.sampled_from([40, 100, 100]), days_ago=st.sampled_from([0, 0, 1]))
    def ship(self, pick: int, percent: int, days_ago: int) -> None:
        """All that is reserved for an open order, or a part of each lot."""
        code = self._transfer(pick, TransferOrderState.OPEN)
        if code is None:
            return
        lots = None if percent == 100 else self.read(lambda s: self._parts(s, code, percent))
        new = TRUCK.model_copy(update={"lots": lots or None, "shipped_on": self.today - timedelta(days=days_ago)})
        self.act(lambda s: shipping.ship_order(Work(s, KEEPER, self.clock), code, new))

    def _parts(self, session: Session, code: str, percent: int) -> list[ShipmentLot]:
        order = orders.order_by_code(session, code, actor=KEEPER)
        positions = {line.allocation_line_id: line.position for line in order.lines}
        return [
            ShipmentLot(
                line=positions[lot.allocation_line_id],
                lot_id=lot.lot_id,
                quantity=max(1, lot.quantity * percent // 100),
            )
            for lot in promised_lots(session, positions)
        ]

    @having("transfer")
    @rule(
        pick=PICKS,
        full=st.booleans(),
        accepted=st.integers(0, 10),
        rejected=st.integers(0, 10),
        goods=st.sampled_from(RejectedGoods),
    )
    def deliver(self, pick: int, full: bool, accepted: int, rejected: int, goods: RejectedGoods) -> None:
        """Everything arrives; or tenths of every lot are accepted and rejected, and the rest is missing."""
        code = self._transfer(pick, TransferOrderState.SHIPPED)
        if code is None:
            return

        def lots(session: Session) -> list[DeliveredLot]:
            order = orders.order_by_code(session, code, actor=KEEPER)
            return [
                DeliveredLot(
                    line=line.position,
                    lot_id=lot.lot_id,
                    accepted_units=lot.quantity * accepted // 10,
                    rejected_units=lot.quantity * min(rejected, 10 - accepted) // 10,
                    rejected_goods=goods,
                    rejection_reason="crushed",
                    missing_reason="not on the truck",
                )
                for line in order.lines
                for lot in line.lots
            ]

        proof = ProofOfDelivery(received_by="李主任", accepted_in_full=full, lots=[] if full else self.read(lots))
        refused = self.read(lambda s: self._accepts_unusable(s, code, proof))
        done = self.act(lambda s: delivery.deliver_order(Work(s, GROUP, self.clock), code, proof))
        assert done != refused, f"{code}: {done}, though lots that must not be used are accepted: {refused}"

    def _accepts_unusable(self, session: Session, code: str, proof: ProofOfDelivery) -> bool:
        """Whether a recalled or expired lot would be accepted, without a reason."""
        order = orders.order_by_code(session, code, actor=KEEPER)
        bad = {
            (line.position, lot.lot_id)
            for line in order.lines
            for lot in line.lots
            if delivery.why_unusable(lot.lot, self.today)
        }
        accepted = {(one.line, one.lot_id) for one in proof.lots if one.accepted_units > 0}
        return bool(bad if proof.accepted_in_full else bad & accepted)

    @rule(first=PICKS, number=st.integers(1, 3), tenths=st.integers(0, 10))
    def carry(self, first: int, number: int, tenths: int) -> None:
        """The usual way of a few orders, with a plan for them where there is none: out, and in at the door."""
        if self._transfer(0, TransferOrderState.OPEN) is None:
            code = self._propose()
            if self._approve(code, LEADER):
                self._dispatch(code)
        self.ship_all(number)
        self.deliver(first, tenths == 10, tenths, 1, RejectedGoods.BACK_TO_WAREHOUSE)

    @having("transfer")
    @rule(pick=PICKS)
    def cancel_order(self, pick: int) -> None:
        """An order that has not left is called off."""
        code = self.one("transfer", pick)
        if code is not None:
            self.act(lambda s: orders.cancel_order(Work(s, KEEPER, self.clock), code, "road closed"))

    @rule(facility=FACILITY, key=st.integers(0, 3))
    def repeat(self, facility: str, key: int) -> None:
        """Invariant 9: whoever repeats a POST with the same key gets the same answer, and nothing is done twice."""
        line = NewRequisitionLine(item="n95", requested_units=5, needed_by=self.day(1))
        new = NewRequisition(facility=facility, program=Program.MEDICAL, reported_on=self.today, lines=[line])
        fingerprint = f"{facility}/{self.today}"
        call = Call(key=f"{key}/{fingerprint}", address="a", fingerprint=fingerprint)
        answers = []
        for _ in range(2):
            before = self.world.head()
            with self.world.database.write() as session:
                work = lambda: Answer(  # noqa: E731
                    status=201,
                    body=requisitions.create_requisition(Work(session, GROUP, self.clock), new).code.encode(),
                )
                answer, repeated = answer_once(session, call, GROUP.name, self.clock.now(), work, secret=False)
            assert repeated == (self.world.head() == before)
            answers.append(answer)
        assert repeated
        assert answers[0] == answers[1]

    @rule(pick=PICKS, facility=FACILITY)
    def look_from_a_facility(self, pick: int, facility: str) -> None:
        """Invariant 7: the requisitions and deliveries of others do not exist for a facility's people."""
        people = Actor.system("nurse", ALL_RIGHTS, facilities=frozenset({facility}))
        query = select_requisitions(RequisitionFilter(), actor=people, today=self.today, thresholds=Thresholds())
        shown = self.read(lambda s: {one.code: one.facility.code for one in s.scalars(query).unique()})
        owners = dict(self.read(lambda s: s.execute(select(Requisition.code, Requisition.facility_id)).all()))
        assert set(shown.values()) <= {facility}
        assert len(shown) == self.read(
            lambda s: sum(one.facility.code == facility for one in s.scalars(select(Requisition)).unique())
        )
        code = next((code for code in owners if code not in shown), None)
        if code is not None:
            self._is_unknown(lambda s: requisition_by_code(s, code, actor=people))
            self._is_unknown(lambda s: requisitions.withdraw(Work(s, people, self.clock), code, "mine"))
        other = FACILITIES[(FACILITIES.index(facility) + 1) % len(FACILITIES)]
        sent = self.row(pick, select(TransferOrder.code).where(TransferOrder.facility.has(code=other)))
        if sent is not None:
            self._is_unknown(lambda s: orders.order_by_code(s, sent.code, actor=people))
            proof = ProofOfDelivery(received_by="x", accepted_in_full=True)
            self._is_unknown(lambda s: delivery.deliver_order(Work(s, people, self.clock), sent.code, proof))

    def _is_unknown(self, work: Callable[[Session], object]) -> None:
        try:
            with self.world.database.write() as session:
                work(session)
        except NotFoundError:
            return
        except ServiceError as refusal:
            raise AssertionError(f"told of another's: {refusal}") from refusal
        raise AssertionError("saw another's")

    @rule()
    def nothing_is_dispatched_of_what_was_turned_down(self) -> None:
        """Invariant 4 once more: rejected and superseded plans have no transfer orders."""
        ended = (PlanState.REJECTED, PlanState.SUPERSEDED, PlanState.FAILED, PlanState.PROPOSED)
        query = select(TransferOrder.code).join(AllocationPlan, AllocationPlan.id == TransferOrder.plan_id)
        assert self.row(0, query.where(AllocationPlan.state.in_(ended))) is None
