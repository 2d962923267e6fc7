"""Tables of plans: their inputs, needs, lines, shares, purchases and limits."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.catalog.types import Program
from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.facilities.models import Facility
from app.planning.plans.types import PlanState
from app.planning.policies.models import Policy
from app.procurement.models import Offer
from app.requisitions.models import RequisitionLine
from app.stock.models import Lot

BILLION = 1_000_000_000
"""Shares are kept in billionths."""


class AllocationPlan(Versioned, Base):
    """The plan of one run, with everything it was computed from."""

    __tablename__ = "allocation_plan"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    program: Mapped[Program] = mapped_column(enum_column(Program, "program"), index=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("allocation_plan.id"))
    """The plan that this one follows or varies."""
    state: Mapped[PlanState] = mapped_column(enum_column(PlanState, "plan_state"), index=True)
    start: Mapped[date]
    horizon_days: Mapped[int]
    snapshot_digest: Mapped[str] = mapped_column(String(80))
    """Digest of every fact of the database that the problem was made from."""
    problem_digest: Mapped[str] = mapped_column(String(80))
    problem_json: Mapped[str] = mapped_column(Text, deferred=True)
    plan_json: Mapped[str | None] = mapped_column(Text, deferred=True)
    failure: Mapped[str] = mapped_column(String(2000), default="")
    cost_fen: Mapped[int | None]
    is_partial: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Only its first bands are settled and proved: the time limit passed before the others."""
    fairness_prices: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """By item: what is asked, what the plan meets, and the most that could be met without floors and equal shares."""
    proposed_by: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    policy: Mapped[Policy] = relationship(lazy="joined")
    parent: Mapped["AllocationPlan | None"] = relationship(remote_side="AllocationPlan.id")
    demands: Mapped[list["PlanDemand"]] = relationship(order_by="PlanDemand.id", back_populates="plan")
    lines: Mapped[list["AllocationLine"]] = relationship(order_by="AllocationLine.id", back_populates="plan")
    limits: Mapped[list["PlanLimit"]] = relationship(order_by="PlanLimit.id", back_populates="plan")
    purchases: Mapped[list["PlanPurchase"]] = relationship(order_by="PlanPurchase.offer_id")
    helps: Mapped[list["PlanHelp"]] = relationship(order_by="PlanHelp.position")
    left_out: Mapped[list["PlanLeftOut"]] = relationship(order_by="PlanLeftOut.source_key")


class PlanDemand(Base):
    """What a plan gives to one need, and why not more."""

    __tablename__ = "plan_demand"
    __table_args__ = (
        UniqueConstraint("plan_id", "requisition_line_id"),
        CheckConstraint("wanted_units >= 1 AND planned_units >= 0", name="units"),
    )

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"), index=True)
    requisition_line_id: Mapped[int] = mapped_column(ForeignKey("requisition_line.id"))
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    tier: Mapped[int]
    wanted_units: Mapped[int]
    planned_units: Mapped[int]
    """What whole packs deliver, in units of the item asked for."""
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON(none_as_null=True))
    """Codes with parameters, from the solver; empty where the need is met."""
    plan: Mapped[AllocationPlan] = relationship(back_populates="demands")
    facility: Mapped[Facility] = relationship(lazy="joined")
    item: Mapped[Item] = relationship(lazy="joined")
    requisition_line: Mapped[RequisitionLine] = relationship()
    shares: Mapped[list["PlanShare"]] = relationship(lazy="selectin", order_by="PlanShare.band_position")


class PlanHistory(Base):
    """What a facility that asks for an item had been approved of it before, over the policy's days, and got."""

    __tablename__ = "plan_history"
    __table_args__ = (
        CheckConstraint("asked_units >= 1", name="asked"),
        CheckConstraint("received_units >= 0 AND received_units <= asked_units", name="received"),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"), primary_key=True, autoincrement=False)
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True, autoincrement=False)
    asked_units: Mapped[int]
    received_units: Mapped[int]


class PlanShare(Base):
    """The relaxed share of a need after a band, in billionths."""

    __tablename__ = "plan_share"
    __table_args__ = (CheckConstraint("share_e9 BETWEEN 0 AND 1000000000", name="share"),)

    plan_demand_id: Mapped[int] = mapped_column(ForeignKey("plan_demand.id"), primary_key=True)
    band_position: Mapped[int] = mapped_column(primary_key=True)
    share_e9: Mapped[int]


class AllocationLine(Base):
    """Whole packs of one lot, arrival or offer, for one need, leaving a warehouse on a day."""

    __tablename__ = "allocation_line"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity"),
        Index("ix_allocation_line_plan", "plan_id"),
    )

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"))
    plan_demand_id: Mapped[int] = mapped_column(ForeignKey("plan_demand.id"))
    source_key: Mapped[str] = mapped_column(String(200))
    """The source's id in the problem: a lot in a warehouse, a confirmed arrival, or an offer."""
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"))
    """Missing for arrivals and offers: their lot does not exist yet."""
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    """What is sent; differs from the item asked for where a substitute serves."""
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    ship_on: Mapped[date]
    firm: Mapped[bool]
    """It leaves on a firm day: an approval promises it. The others are foreseen only."""
    quantity: Mapped[int]
    plan: Mapped[AllocationPlan] = relationship(back_populates="lines")
    demand: Mapped[PlanDemand] = relationship()
    lot: Mapped[Lot | None] = relationship()
    offer: Mapped[Offer | None] = relationship()
    item: Mapped[Item] = relationship(lazy="joined")
    warehouse: Mapped[Facility] = relationship(lazy="joined")


class PlanPurchase(Base):
    """An offer that the plan buys from."""

    __tablename__ = "plan_purchase"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"), primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    quantity: Mapped[int]
    offer: Mapped[Offer] = relationship(lazy="joined")


class PlanLimit(Base):
    """A limit that held somebody below the cap, and what more of it would bring."""

    __tablename__ = "plan_limit"
    __table_args__ = (UniqueConstraint("plan_id", "limit_key"),)

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"))
    limit_key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    demand_count: Mapped[int]
    gain: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    plan: Mapped[AllocationPlan] = relationship(back_populates="limits")


class PlanHelp(Base):
    """One line of "what would help most", the most helpful first: from a re-solve with more of one limit."""

    __tablename__ = "plan_help"
    __table_args__ = (CheckConstraint("unit >= 1", name="unit"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    limit_key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    unit: Mapped[int]
    """How much more of it: units, yuan or litres, by its kind."""
    served_units: Mapped[int]
    """Units of need that it would serve beyond the plan."""
    raised_demands: Mapped[int]


class PlanLeftOut(Base):
    """Stock or an arrival that was there but might not be planned with, and why."""

    __tablename__ = "plan_left_out"
    __table_args__ = (CheckConstraint("units >= 0", name="units"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("allocation_plan.id"), primary_key=True)
    source_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    why: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    units: Mapped[int]
    item: Mapped[Item] = relationship(lazy="joined")
