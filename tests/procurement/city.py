"""A small city for tests of procurement, seen through the API: partners of all kinds, priced items, a fund."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.deps import Actor, _current_actor
from app.catalog.models import Item
from app.catalog.types import BaseUnit, Program
from app.core.rights import ALL_RIGHTS
from app.partners.models import Partner
from app.partners.types import PartnerKind
from app.stock.models import Lot, StockBalance
from tests.stock.city import build_city

API = "/api/v1"
REVIEWER = Actor.system("reviewer", ALL_RIGHTS)

YUAN = 1_000_000
"""Microyuan in a yuan."""

SPECIAL = {"legal_basis": "财办库〔2020〕23号", "reason": "Stock lasts two days", "review_by": "2020-02-07"}


def build_market(session: Session) -> None:
    """The city of stock, and: `suit` (100 yuan, keeps 1000 days), `goggles` (no reference price), `trader`,
    `province`, the retired partner `gone` and the retired item `old-mask`."""
    build_city(session)
    for code, value, shelf_life_days, active in (
        ("suit", 100 * YUAN, 1000, True),
        ("goggles", 0, None, True),
        ("old-mask", YUAN, None, False),
    ):
        session.add(
            Item(
                code=code,
                program=Program.MEDICAL,
                name_zh=code,
                name_en=code,
                base_unit=BaseUnit.PIECE,
                value_microyuan_per_unit=value,
                shelf_life_days=shelf_life_days,
                active=active,
            )
        )
    for code, kind, active in (
        ("trader", PartnerKind.SUPPLIER, True),
        ("province", PartnerKind.AUTHORITY, True),
        ("gone", PartnerKind.SUPPLIER, False),
    ):
        session.add(Partner(code=code, name_zh=code, name_en=code, kind=kind, active=active))


def act_as(app: FastAPI, actor: Actor) -> None:
    """From now on the requests are this person's."""
    app.dependency_overrides[_current_actor] = lambda: actor


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody at the API who writes documents, with the defaults that most tests want."""

    client: TestClient
    language: dict[str, str] = field(default_factory=lambda: {"Accept-Language": "en"})

    def post(self, path: str, body: object = None, status: int = 200) -> dict[str, Any]:
        """The answer of a POST, which must have this status."""
        answer = self.client.post(f"{API}/{path}", json=body, headers=self.language)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str, *, status: int = 200, **filters: Any) -> dict[str, Any]:
        """The answer of a GET, which must have this status."""
        answer: Response = self.client.get(f"{API}/{path}", params=filters, headers=self.language)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def fund(self, code: str = "city-fund", amount_fen: int = 1_000_000, rule: str = "STOP") -> str:
        """A new fund's code."""
        names = {"name_zh": code, "name_en": code}
        self.post("funds", {"code": code, **names, "amount_fen": amount_fen, "on_overspend": rule}, 201)
        return code

    def committed_fen(self, fund: str = "city-fund") -> int:
        """What is committed of a fund."""
        return int(self.get(f"funds/{fund}")["committed_fen"])

    def offer(self, **more: object) -> str:
        """A new offer's code: 1,000 suits at 90 yuan unless said otherwise."""
        body = {
            "partner": "trader",
            "item": "suit",
            "warehouse": "wh-1",
            "quantity": 1000,
            "unit_price_microyuan": 90 * YUAN,
            "lead_days": 2,
            **more,
        }
        return str(self.post("offers", body, 201)["code"])

    def pledge(self, **more: object) -> str:
        """A new pledge's code: 300 masks of the giver, on 3 February, unless said otherwise."""
        body = {
            "partner": "giver",
            "item": "n95",
            "warehouse": "wh-1",
            "quantity": 300,
            "expected_on": "2020-02-03",
            **more,
        }
        return str(self.post("pledges", body, 201)["code"])

    def draft(self, *lines: dict[str, object], **more: object) -> str:
        """A draft's code: 10 suits at 90 yuan from `city-fund` unless said otherwise."""
        placed = self.post("purchase-orders", order_body(*lines, **more), 201)
        return str(placed["order"]["code"])

    def placed(self, *lines: dict[str, object], **more: object) -> str:
        """The code of an order that was drafted, approved and placed."""
        code = self.draft(*lines, **more)
        self.post(f"purchase-orders/{code}/approve")
        self.post(f"purchase-orders/{code}/place")
        return code

    def receive(self, *lines: dict[str, object], status: int = 201, **more: object) -> dict[str, Any]:
        """The answer to a receipt of today."""
        return self.post("receipts", {"received_on": "2020-01-31", "lines": list(lines), **more}, status)


def order_body(*lines: dict[str, object], **more: object) -> dict[str, object]:
    """An order for 10 suits at 90 yuan unless said otherwise."""
    return {
        "partner": "trader",
        "supply_channel": "MARKET_PURCHASE",
        "warehouse": "wh-1",
        "fund": "city-fund",
        "expected_on": "2020-02-02",
        "lines": list(lines) or [{"item": "suit", "quantity": 10, "unit_price_microyuan": 90 * YUAN}],
        **more,
    }


def suits(accepted_units: int, lot_code: str | None = "S1", **more: object) -> dict[str, object]:
    """A line of a receipt: suits of a lot that keeps until 2022."""
    return {
        "item": "suit",
        "lot_code": lot_code,
        "expiry_date": "2022-12-31",
        "accepted_units": accepted_units,
        **more,
    }


def faults_of(problem: dict[str, Any]) -> list[tuple[str, str]]:
    """Where and code of every fault of a problem."""
    return sorted((fault["where"], fault["code"]) for fault in problem["faults"])


def on_hand(session: Session) -> dict[tuple[str, str, str], int]:
    """What lies where: units by item, lot and warehouse."""
    rows = session.execute(select(Lot, StockBalance).join(StockBalance, StockBalance.lot_id == Lot.id)).unique()
    return {(lot.item.code, lot.code, balance.warehouse.code): balance.on_hand for lot, balance in rows}
