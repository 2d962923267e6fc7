"""Tables of planning: versioned policies, tier raises, plans with their inputs, lines, shares and limits."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import FacilityType, Item
from app.catalog.types import Program
from app.core.database import Base, Key, enum_column
from app.core.versioned import Versioned
from app.facilities.models import Facility
from app.planning.plans.types import PlanState
from app.procurement.models import Offer
from app.requisitions.models import RequisitionLine
from app.stock.models import Lot

BILLION = 1_000_000_000
"""Shares are kept in billionths."""


class Policy(Base):
    """One version of the rule by which a program is shared; never edited once a plan has used it."""

    __tablename__ = "policy"
    __table_args__ = (
        UniqueConstraint("program", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("horizon_days BETWEEN 1 AND 60", name="horizon"),
        CheckConstraint("firm_days BETWEEN 1 AND 60", name="firm_days"),
        CheckConstraint("max_age_hours BETWEEN 1 AND 1440", name="max_age_hours"),
    )

    id: Mapped[Key]
    program: Mapped[Program] = mapped_column(enum_column(Program, "program"))
    version: Mapped[int]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    horizon_days: Mapped[int]
    firm_days: Mapped[int] = mapped_column(default=2)
    """So many days from its start a plan promises; what it foresees for later days holds nothing."""
    max_age_hours: Mapped[int] = mapped_column(default=24)
    """A plan that is older is computed anew before it is approved."""
    allows_partial: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a plan of which time let only the first bands be proved may be approved."""
    norm_set_id: Mapped[int | None] = mapped_column(ForeignKey("norm_set.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    bands: Mapped[list["PolicyBand"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PolicyBand.position"
    )
    tiers: Mapped[list["PolicyTier"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PolicyTier.facility_type_id"
    )
    reserves: Mapped[list["PolicyReserve"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PolicyReserve.item_id"
    )


class PolicyBand(Base):
    """A step of the policy, settled in the order of `position`."""

    __tablename__ = "policy_band"
    __table_args__ = (UniqueConstraint("policy_id", "position"),)

    id: Mapped[Key]
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    position: Mapped[int]
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    caps: Mapped[list["PolicyBandCap"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="PolicyBandCap.tier"
    )


class PolicyBandCap(Base):
    """Up to which share of its need a tier is served in a band."""

    __tablename__ = "policy_band_cap"
    __table_args__ = (CheckConstraint("cap_permille BETWEEN 0 AND 1000", name="cap"),)

    band_id: Mapped[int] = mapped_column(ForeignKey("policy_band.id"), primary_key=True)
    tier: Mapped[int] = mapped_column(primary_key=True)
    cap_permille: Mapped[int]


class PolicyTier(Base):
    """The tier of a facility type; 1 comes first."""

    __tablename__ = "policy_tier"
    __table_args__ = (CheckConstraint("tier BETWEEN 1 AND 99", name="tier"),)

    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"), primary_key=True)
    facility_type_id: Mapped[int] = mapped_column(ForeignKey("facility_type.id"), primary_key=True)
    tier: Mapped[int]
    facility_type: Mapped[FacilityType] = relationship(lazy="joined")


class PolicyReserve(Base):
    """Units of an item that a plan must leave in the warehouses."""

    __tablename__ = "policy_reserve"
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity"),)

    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    quantity: Mapped[int]
    item: Mapped[Item] = relationship(lazy="joined")


class TierRaise(Versioned, Base):
    """A leader's proposal that one facility counts as a higher tier for a while; counts once another confirms it."""

    __tablename__ = "tier_raise"
    __table_args__ = (
        CheckConstraint("tier BETWEEN 1 AND 99", name="tier"),
        CheckConstraint("valid_until >= valid_from", name="period"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[Key]
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    tier: Mapped[int]
    reason: Mapped[str] = mapped_column(String(2000))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    raised_by: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime]
    facility: Mapped[Facility] = relationship(lazy="joined")
    confirmation: Mapped["TierRaiseConfirmation | None"] = relationship(lazy="joined")
    ending: Mapped["TierRaiseEnding | None"] = relationship(lazy="joined")


class TierRaiseConfirmation(Base):
    """The second leader behind a tier raise; its key lets a raise be confirmed once."""

    __tablename__ = "tier_raise_confirmation"
    __table_args__ = (CheckConstraint("confirmed_by <> raised_by", name="second_leader"),)

    tier_raise_id: Mapped[int] = mapped_column(ForeignKey("tier_raise.id"), primary_key=True, autoincrement=False)
    raised_by: Mapped[str] = mapped_column(String(200))
    confirmed_by: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime]


class TierRaiseEnding(Base):
    """A tier raise that was refused by the second leader or called off; it never counts again."""

    __tablename__ = "tier_raise_ending"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    tier_raise_id: Mapped[int] = mapped_column(ForeignKey("tier_raise.id"), primary_key=True, autoincrement=False)
    ended_by: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(2000))


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
    """By item: what is asked, what the plan meets, and the most that could be met if nobody were owed a fair share."""
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
    source_key: Mapped[str] = mapped_column(String(128))
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
