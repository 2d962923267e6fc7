"""Tables of the market watch: series, observations, baselines, alert rules, alarms."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.models import Item
from app.core.database import Base, Key, enum_column
from app.core.errors import Fault
from app.core.rights import Role
from app.core.versioned import Versioned
from app.facilities.models import Facility
from app.market.types import (
    AlertLevel,
    AlertState,
    Measure,
    ObservationState,
    Question,
    SeriesKind,
    SupplyGroup,
)


class MarketSeries(Versioned, Base):
    """What is observed at one market of one item, day by day.

    Prices are fen for a kilogram of what is weighed and for one base unit of everything else; quantities are base
    units; outlets are counted.
    """

    __tablename__ = "market_series"
    __table_args__ = (
        UniqueConstraint("market_id", "item_id", "kind"),
        CheckConstraint("(item_id IS NULL) = (kind = 'outlets_open')", name="item"),
        CheckConstraint("(kind = 'outlets_open') <= (out_of IS NOT NULL)", name="out_of_known"),
        CheckConstraint("out_of IS NULL OR out_of >= 1", name="out_of"),
        CheckConstraint("due_hour IS NULL OR due_hour BETWEEN 0 AND 23", name="due_hour"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    kind: Mapped[SeriesKind] = mapped_column(enum_column(SeriesKind, "series_kind"))
    supply_group: Mapped[SupplyGroup] = mapped_column(enum_column(SupplyGroup, "supply_group"), index=True)
    out_of: Mapped[int | None]
    """All outlets, of which those open are counted; a producer's capacity a day."""
    due_hour: Mapped[int | None]
    """The hour of the city's day by which a value is owed; None where nobody owes one."""
    contact: Mapped[str] = mapped_column(String(200), default="")
    synthetic: Mapped[bool] = mapped_column(default=False)
    """Its values are made up for a demonstration."""
    active: Mapped[bool] = mapped_column(default=True)
    market: Mapped[Facility] = relationship(lazy="joined")
    item: Mapped[Item | None] = relationship(lazy="joined")


class MarketObservation(Versioned, Base):
    """A value of a day; a later revision takes the place of an earlier one, which stays."""

    __tablename__ = "market_observation"
    __table_args__ = (
        UniqueConstraint("series_id", "day", "revision"),
        CheckConstraint("value >= 0 AND (cost_fen IS NULL OR cost_fen >= 0)", name="value"),
        CheckConstraint("(state = 'QUESTIONED') <= (question IS NOT NULL)", name="questioned"),
        Index("ix_market_observation_newest", "series_id", "is_newest", "day"),
    )

    id: Mapped[Key]
    series_id: Mapped[int] = mapped_column(ForeignKey("market_series.id"))
    day: Mapped[date]
    revision: Mapped[int]
    is_newest: Mapped[bool]
    value: Mapped[int]
    cost_fen: Mapped[int | None]
    """What the seller paid, in the unit of the price."""
    source: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[ObservationState] = mapped_column(enum_column(ObservationState, "observation_state"), index=True)
    question: Mapped[Question | None] = mapped_column(enum_column(Question, "question"))
    usual: Mapped[int | None]
    """What the value was compared with when it was questioned."""
    entered_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(String(2000), default="")
    series: Mapped[MarketSeries] = relationship(lazy="joined")


class PriceBaseline(Versioned, Base):
    """The price of a series, and its cost, that later ones are held against."""

    __tablename__ = "price_baseline"
    __table_args__ = (CheckConstraint("price_fen >= 1 AND (cost_fen IS NULL OR cost_fen >= 0)", name="amounts"),)

    id: Mapped[Key]
    series_id: Mapped[int] = mapped_column(ForeignKey("market_series.id"), unique=True)
    day: Mapped[date]
    price_fen: Mapped[int]
    cost_fen: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(2000))
    series: Mapped[MarketSeries] = relationship(lazy="joined")


class AlertRule(Versioned, Base):
    """When a series raises an alarm; the source of its limits stands beside them."""

    __tablename__ = "alert_rule"
    __table_args__ = (
        CheckConstraint("window_days BETWEEN 1 AND 366", name="window"),
        CheckConstraint(
            "(yellow_permille IS NULL OR yellow_permille >= 0) AND (red_permille IS NULL OR red_permille >= 0)",
            name="limits",
        ),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    measure: Mapped[Measure] = mapped_column(enum_column(Measure, "measure"))
    supply_group: Mapped[SupplyGroup | None] = mapped_column(enum_column(SupplyGroup, "rule_group"))
    """None: all groups."""
    window_days: Mapped[int]
    yellow_permille: Mapped[int | None]
    red_permille: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(2000))
    active: Mapped[bool] = mapped_column(default=True)


class MarketAlert(Versioned, Base):
    """An alarm about a series on a day, who owes an answer and until when."""

    __tablename__ = "market_alert"
    __table_args__ = (
        UniqueConstraint("rule_id", "series_id", "day"),
        CheckConstraint("(state = 'CLOSED') = (closed_at IS NOT NULL)", name="closed"),
    )

    id: Mapped[Key]
    rule_id: Mapped[int] = mapped_column(ForeignKey("alert_rule.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("market_series.id"), index=True)
    day: Mapped[date]
    level: Mapped[AlertLevel] = mapped_column(enum_column(AlertLevel, "alert_level"))
    message: Mapped[str] = mapped_column(String(2000))
    """The English message, which is the key of its translations: the alarm's own sum in words."""
    params: Mapped[dict[str, Any]] = mapped_column(JSON(none_as_null=True))
    state: Mapped[AlertState] = mapped_column(enum_column(AlertState, "alert_state"), index=True)
    owner: Mapped[Role] = mapped_column(enum_column(Role, "alert_owner"))
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    escalated_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(200), default="")
    answer: Mapped[str] = mapped_column(String(2000), default="")
    closed_at: Mapped[datetime | None]
    rule: Mapped[AlertRule] = relationship(lazy="joined")
    series: Mapped[MarketSeries] = relationship(lazy="joined")

    @property
    def told(self) -> Fault:
        """The alarm as faults carry their messages: pages put it in the words of people."""
        return Fault(self.rule.measure.value, self.message, "", self.params)


class MarketForecast(Base):
    """What the worker foresaw on a day for a series, or why it could not; never changed."""

    __tablename__ = "market_forecast"
    __table_args__ = (
        UniqueConstraint("series_id", "day"),
        CheckConstraint("(method = '') <> (refusal = '')", name="answer"),
    )

    id: Mapped[Key]
    series_id: Mapped[int] = mapped_column(ForeignKey("market_series.id"))
    day: Mapped[date]
    made_at: Mapped[datetime]
    method: Mapped[str] = mapped_column(String(32), default="")
    refusal: Mapped[str] = mapped_column(String(2000), default="")
    """The English message, which is the key of its translations; empty where there is a forecast."""
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    points: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """By day: point, low and high, in the units of the series."""
    mase_permille: Mapped[int | None]
    naive_mase_permille: Mapped[int | None]
    """Of the seasonal naive forecast at the same origins."""
    coverage_permille: Mapped[int | None]
    series: Mapped[MarketSeries] = relationship(lazy="joined")
