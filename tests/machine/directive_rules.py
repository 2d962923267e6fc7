"""Directives: proposed, confirmed by another leader for the next plan or at once, called off; and lowered needs."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from app.auth.deps import Actor
from app.core.rights import ALL_RIGHTS
from app.core.work import Work
from app.dispatch.directives import confirm_directive
from app.dispatch.lowering import lower_need
from app.dispatch.models import TransferOrder
from app.dispatch.outlook_schemas import LoweredNeed
from app.planning.directives import service
from app.planning.directives.schemas import NewDirective
from app.planning.plans.models import AllocationPlan
from app.requisitions.models import Requisition, RequisitionLine
from tests.machine.acting import FACILITY, ITEM, PICKS, Acting, having
from tests.machine.world import GROUP, LEADER, PACK

DEPUTY = Actor.system("deputy", ALL_RIGHTS)


class DirectiveRules(Acting):
    """Leaders give; facilities need less."""

    @rule(facility=FACILITY, item=ITEM, packs=st.integers(1, 6), days=st.integers(0, 3), way=st.integers(0, 2))
    def order_directive(self, facility: str, item: str, packs: int, days: int, way: int) -> None:
        """For the next plan, at once, or at once with the reserve; there may not be as much."""
        new = NewDirective(
            facility=facility,
            item=item,
            quantity=packs * PACK,
            needed_by=self.day(days),
            reason="by order",
            at_once=way > 0,
            may_use_reserve=way > 1,
        )
        self.make("directive", lambda s: service.order_directive(Work(s, LEADER, self.clock), new).code)

    @having("directive")
    @rule(own=st.booleans(), pick=PICKS)
    def confirm_directive(self, own: bool, pick: int) -> None:
        """By who proposed it, which is refused, or by another leader."""
        code = self.one("directive", pick)
        if code is None:
            return
        done = self.act(lambda s: confirm_directive(Work(s, LEADER if own else DEPUTY, self.clock), code))
        assert not (own and done), f"{code} was confirmed by who proposed it"
        query = select(TransferOrder.code).join(AllocationPlan, AllocationPlan.id == TransferOrder.plan_id)
        there = self.read(lambda s: list(s.scalars(query.where(AllocationPlan.code == code))))
        known = self.made.setdefault("transfer", [])
        known.extend(one for one in there if one not in known)

    @having("directive")
    @rule(pick=PICKS)
    def end_directive(self, pick: int) -> None:
        """Turned down, or called off where nothing is promised to it."""
        code = self.one("directive", pick)
        if code is not None:
            self.act(lambda s: service.end_directive(Work(s, DEPUTY, self.clock), code, "not now"))

    @rule(pick=PICKS, permille=st.integers(0, 1000))
    def lower_need(self, pick: int, permille: int) -> None:
        """A facility needs less of what was approved, whatever stands for it."""
        query = (
            select(RequisitionLine)
            .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
            .where(RequisitionLine.approved_units > 0)
            .order_by(RequisitionLine.id)
        )
        lines = self.read(
            lambda s: [
                (line.requisition.code, line.item.code, line.needed_by, line.approved_units or 0)
                for line in s.scalars(query).unique()
            ]
        )
        if not lines:
            return
        code, item, needed_by, approved = lines[pick % len(lines)]
        less = LoweredNeed(item=item, needed_by=needed_by, units=approved * permille // 1000, reason="a gift came")
        self.act(lambda s: lower_need(Work(s, GROUP, self.clock), code, less))
