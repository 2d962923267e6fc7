"""The small city of planning with the people who decide and send: planner, leader, buyer, keeper, hospital."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.database import Database
from app.core.rights import ALL_RIGHTS
from app.stock.cards import conservation_of
from app.stock.models import Lot, StockBalance, StockReservation
from tests.core.etags import seen
from tests.planning.working import computed
from tests.procurement.city import act_as

API = "/api/v1"
TRUCK = {"vehicle": "湘B·12345", "driver": "王师傅", "pass_number": "保畅-0042"}


@dataclass(frozen=True, slots=True)
class Office:
    """Somebody at the API; every call says as whom."""

    client: TestClient
    app: FastAPI

    def post(self, path: str, body: object = None, *, by: str, status: int = 200) -> Any:
        """The answer of a POST by this person, who has looked at the thing before; it must have this status."""
        act_as(self.app, Actor.system(by, ALL_RIGHTS))
        headers = {"Accept-Language": "en"}
        if path.count("/") > 2:
            headers |= seen(self.client, f"{API}{path.rpartition('/')[0]}")
        answer = self.client.post(f"{API}{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, *, status: int = 200, by: Actor | None = None, **query: object) -> Any:
        """The answer of a GET, which must have this status."""
        act_as(self.app, by or Actor.system("auditor", ALL_RIGHTS))
        params = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in query.items()}
        answer = self.client.get(f"{API}{path}", params=params, headers={"Accept-Language": "en"})
        assert answer.status_code == status, answer.text
        return answer.json()

    def propose(self, **more: object) -> str:
        """The code of a plan that the planner proposes."""
        act_as(self.app, Actor.system("planner", ALL_RIGHTS))
        return str(computed(self.client, {"program": "medical", **more})["code"])

    def approve(self, plan: str, *, by: str = "leader", status: int = 200) -> Any:
        """The answer to an approval."""
        return self.post(f"/plans/{plan}/approve", by=by, status=status)

    def dispatch(self, plan: str, *, status: int = 201) -> Any:
        """The transfer orders of an approved plan."""
        return self.post(f"/plans/{plan}/transfer-orders", by="keeper", status=status)

    def approved(self, **more: object) -> str:
        """The code of a plan that was proposed and approved."""
        plan = self.propose(**more)
        self.approve(plan)
        return plan

    def ship(self, order: str, *, status: int = 200, **more: object) -> Any:
        """The answer to a shipment of everything reserved, unless said otherwise."""
        return self.post(f"/transfer-orders/{order}/ship", {**TRUCK, **more}, by="keeper", status=status)

    def deliver(self, order: str, *lots: dict[str, object], status: int = 200, **more: object) -> Any:
        """The answer to a proof of delivery; without lots everything was accepted."""
        proof = {"received_by": "李主任", "lots": list(lots), "accepted_in_full": not lots, **more}
        return self.post(f"/transfer-orders/{order}/deliver", proof, by="hospital", status=status)

    def state_of(self, plan: str) -> str:
        """The state of a plan."""
        return str(self.get(f"/plans/{plan}")["state"])

    def requisition_state(self, code: str) -> tuple[str, int]:
        """State of a requisition, and units delivered on its first line."""
        shown = self.get(f"/requisitions/{code}")
        return shown["state"], shown["lines"][0]["delivered_units"]


def faults_of(problem: Any) -> list[tuple[str, str]]:
    """Where and code of every fault of a problem."""
    return [(fault["where"], fault["code"]) for fault in problem["faults"]]


def assert_balanced(database: Database) -> None:
    """Every lot conserves, and what is reserved is the sum of the promises that stand."""
    with database.read() as session:
        lots = list(session.scalars(select(Lot.id)))
        assert {lot: one.difference for lot, one in conservation_of(session, lots).items()} == dict.fromkeys(lots, 0)
        for row in session.scalars(select(StockBalance)).unique():
            assert row.reserved == _promised(session, row), (row.lot_id, row.warehouse_id)


def _promised(session: Session, balance: StockBalance) -> int:
    query = select(func.coalesce(func.sum(StockReservation.quantity), 0)).where(
        StockReservation.lot_id == balance.lot_id,
        StockReservation.warehouse_id == balance.warehouse_id,
        StockReservation.released_at.is_(None),
    )
    return int(session.scalars(query).one())


def stock_of(database: Database) -> dict[str, tuple[int, int]]:
    """On hand and reserved by lot, over all warehouses."""
    with database.read() as session:
        query = select(Lot.code, func.sum(StockBalance.on_hand), func.sum(StockBalance.reserved))
        rows = session.execute(query.join(Lot, Lot.id == StockBalance.lot_id).group_by(Lot.code))
        return {code: (int(on_hand), int(reserved)) for code, on_hand, reserved in rows}
