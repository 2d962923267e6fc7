"""From an approved plan to a door in a real browser: orders made, picked, shipped, scanned, confirmed, explained."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from app.auth import Actor
from app.catalog.types import Program
from app.commands.demo import demo_clock
from app.core.database import Database
from app.core.rights import ALL_RIGHTS
from app.core.settings import Settings
from app.core.work import Work
from app.dispatch.delivery import deliver_order
from app.dispatch.models import TransferOrder
from app.dispatch.orders import OrderFilter, create_orders, select_orders
from app.dispatch.schemas import NewShipment, ProofOfDelivery
from app.dispatch.shipping import ship_order
from app.planning.approval import service as approval
from app.planning.plans.models import AllocationLine
from app.planning.plans.service import newest_plan
from tests.web.browser import served
from tests.web.looking import Watch, as_on_a_phone, log_in, look_at

pytestmark = pytest.mark.browser

HOSPITAL = "lukou-peoples-hospital"
SHIPMENT = NewShipment(vehicle="湘B·12345", driver="王师傅", pass_number="保畅-0042")

# A camera that shows a waybill: what a browser with the detector would find in its picture.
CAMERA = """
window.BarcodeDetector = class { async detect() { return [{ rawValue: window.scanned }]; } };
HTMLMediaElement.prototype.play = async () => {};
navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream();
"""


@pytest.fixture(scope="module")
def sending(prepared_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with its medical plan approved: one order to the hospital on the road, one that arrived short."""
    path = tmp_path_factory.mktemp("sending") / "demo.db"
    shutil.copy(prepared_demo, path)
    settings = Settings(database_url=f"sqlite:///{path}", demo=True)
    database, clock, keeper = Database(settings), demo_clock(settings), Actor.system("warehouse", ALL_RIGHTS)
    with database.write() as session:
        plan = newest_plan(session, Program.MEDICAL)
        assert plan is not None
        # All days of this plan are promised: more orders to one door than two days bring.
        session.execute(update(AllocationLine).where(AllocationLine.plan_id == plan.id).values(firm=True))
        approval.approve_plan(Work(session, Actor.system("leader", ALL_RIGHTS), clock), plan.code)
        create_orders(Work(session, keeper, clock), plan.code)
        codes = [one.code for one in _orders(session, HOSPITAL)][:2]
    for code in codes:
        with database.write() as session:
            ship_order(Work(session, keeper, clock), code, SHIPMENT)
    with database.write() as session:
        order = next(one for one in _orders(session, HOSPITAL) if one.code == codes[1])
        lots = [
            {
                "line": line.position,
                "lot_id": lot.lot_id,
                "accepted_units": max(0, lot.quantity - 5),
                "missing_reason": "车上没有",
            }
            for line in order.lines
            for lot in line.lots
        ]
        proof = ProofOfDelivery.model_validate({"received_by": "李主任", "lots": lots})
        deliver_order(Work(session, Actor.system("hospital", ALL_RIGHTS), clock), codes[1], proof)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


def _orders(session: object, facility: str) -> list[TransferOrder]:
    query = select_orders(OrderFilter(facility=facility), actor=Actor.system("test", ALL_RIGHTS)).order_by(
        TransferOrder.id
    )
    return list(session.scalars(query).unique())  # type: ignore[attr-defined]


@pytest.fixture
def address(story_app: FastAPI, sending: Path, tmp_path: Path) -> Iterator[str]:
    """A service with a copy of it."""
    shutil.copy(sending, tmp_path / "demo.db")
    with served(story_app, tmp_path / "demo.db") as address:
        yield address


def open_order(sending: Path) -> str:
    """The code of an order of the city's store that has not left and has lots to pick."""
    database = Database(Settings(database_url=f"sqlite:///{sending}", demo=True))
    with database.read() as session:
        query = select_orders(OrderFilter(warehouse="city-medical-store"), actor=Actor.system("test", ALL_RIGHTS))
        code = session.scalars(
            select(TransferOrder.code)
            .where(TransferOrder.id.in_(query.with_only_columns(TransferOrder.id)), TransferOrder.state == "OPEN")
            .order_by(TransferOrder.id)
        ).first()
    database.close()
    assert code is not None
    return code


def test_every_page_can_be_read_by_everybody(page: Page, address: str, sending: Path) -> None:
    watch = Watch(page, address)
    order = open_order(sending)
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, address, "supplies")
    page.goto(f"{address}/delivery-cases?lang=en")
    case = page.locator("main a[href^='/delivery-cases/DC']").first.get_attribute("href")
    of_hospital = f"facility={HOSPITAL}"
    for language in ("zh-CN", "en"):
        for name, path in (
            ("transfer-orders", f"/transfer-orders?{of_hospital}"),
            ("order", f"/transfer-orders/{order}"),
            ("pick-list", f"/transfer-orders/{order}/pick-list"),
            ("waybill", f"/transfer-orders/{order}/waybill"),
            ("delivery-cases", "/delivery-cases"),
            ("delivery-case", str(case)),
            ("fairness", f"/fairness?day=2020-02-07&{of_hospital}"),
            ("fairness-facility", f"/fairness/{HOSPITAL}?day=2020-02-07"),
        ):
            answer = page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer is not None
            assert answer.status == 200, path
            look_at(page, f"{name}.{language}")
    paths = ("/transfer-orders", f"/transfer-orders/{order}", f"/transfer-orders/{order}/waybill", str(case))
    for path in (*paths, f"/fairness/{HOSPITAL}"):
        with as_on_a_phone(page, path.strip("/").replace("/", "-")):
            page.goto(f"{address}{path}?lang=zh-CN")
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_the_waybill_fits_its_paper(page: Page, address: str, sending: Path) -> None:
    log_in(page, address, "warehouse")
    for paper, width_points in (("a4", 595), ("a5", 420)):
        page.goto(f"{address}/transfer-orders/{open_order(sending)}/waybill?paper={paper}")
        printed = page.pdf(prefer_css_page_size=True)
        boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 (\d+)", printed)
        assert boxes
        assert {abs(int(box) - width_points) <= 1 for box in boxes} == {True}
        page.emulate_media(media="print")
        assert not page.locator(".masthead").is_visible()
        assert page.locator(".qr svg").is_visible()
        page.emulate_media(media="null")  # as it is: the paper for printing


def test_a_keeper_ships_and_the_hospital_confirms_on_a_phone(page: Page, address: str, sending: Path) -> None:
    watch = Watch(page, address)
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, address, "warehouse")
    page.goto(f"{address}/transfer-orders?facility={HOSPITAL}&state=OPEN&sort=code")
    page.locator("section[aria-labelledby=all-title] td a").first.click()
    page.wait_for_url("**/transfer-orders/TO-*")
    code = page.url.split("/")[-1].split("?")[0]
    expect(page.get_by_label("Number plate")).to_be_focused()
    page.keyboard.type("湘B·54321")
    page.keyboard.press("Tab")
    page.keyboard.type("刘师傅")
    page.get_by_label(re.compile("^Leaves: ")).first.fill("999999999")
    page.get_by_role("button", name="Ship").click()
    expect(page.get_by_role("alert")).to_contain_text("are reserved")
    look_at(page, "shipment-refused.en")
    assert page.get_by_label("Driver").input_value() == "刘师傅"
    reserved = page.locator("table.picks tbody tr").first.locator("td.number").nth(1).inner_text()
    page.get_by_label(re.compile("^Leaves: ")).first.fill(re.sub(r"\D", "", reserved))
    page.get_by_role("button", name="Ship").click()
    expect(page.locator("h1")).to_contain_text("shipped")
    page.get_by_role("link", name="Print the waybill").click()
    scanned = page.locator(".paper .address").inner_text()
    assert scanned == f"{address}/deliveries/{code}"

    log_in(page, address, "hospital", language="zh-CN")
    page.set_viewport_size({"width": 390, "height": 800})
    page.add_init_script(CAMERA + f"window.scanned = {scanned!r};")
    with as_on_a_phone(page, "deliveries.zh-CN"):
        page.goto(f"{address}/deliveries?lang=zh-CN")
        look_at(page, "deliveries.zh-CN")
    page.get_by_role("button", name="在此扫码").click()
    page.wait_for_url(f"**/deliveries/{code}")
    with as_on_a_phone(page, "delivery.zh-CN"):
        look_at(page, "delivery.zh-CN")
    first = page.locator("section.due").first
    due = int(first.get_attribute("data-shipped") or "0")
    first.locator("summary").click()
    first.get_by_label(re.compile("^缺少（")).fill("1")
    assert first.get_by_label(re.compile("^签收（")).input_value() == str(due - 1), "what is missing is taken off"
    page.get_by_role("button", name="确认收货").click()
    expect(first.get_by_label("缺少原因")).to_have_attribute("aria-invalid", "true")
    look_at(page, "delivery-refused.zh-CN")
    first.get_by_label("缺少原因").fill("车上没有")
    page.get_by_role("button", name="确认收货").click()
    expect(page.locator("h1")).to_have_text("已确认，有差异")
    with as_on_a_phone(page, "delivered.zh-CN"):
        look_at(page, "delivered.zh-CN")
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_the_number_is_typed_where_there_is_no_camera(page: Page, address: str) -> None:
    log_in(page, address, "hospital")
    page.add_init_script("delete window.BarcodeDetector")
    page.goto(f"{address}/deliveries?lang=en")
    expect(page.get_by_role("button", name="Scan here")).to_be_hidden()
    code = page.locator("main table.list td a").first.inner_text()
    page.get_by_label("Number of the waybill").fill(code)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/deliveries/{code}")
    expect(page.get_by_role("button", name="Confirm the delivery")).to_be_visible()


def test_an_auditor_reads_and_proves_the_trail(page: Page, address: str) -> None:
    watch = Watch(page, address)
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, address, "auditor")
    page.goto(f"{address}/audit-records?action=TRANSFER_ORDER_SHIPPED&lang=en")
    page.locator("main table.list td a").first.click()
    expect(page.locator("main")).to_contain_text("The record is as it was written")
    record = page.url
    for language in ("zh-CN", "en"):
        page.goto(f"{address}/audit-records?actor=warehouse&lang={language}")
        expect(page.locator("table.list tbody tr")).not_to_have_count(0)
        look_at(page, f"audit-records.{language}")
        page.goto(f"{address}/audit-head?lang={language}")
        look_at(page, f"audit-head.{language}")
        page.goto(f"{record}?lang={language}")
        look_at(page, f"audit-record.{language}")
    with as_on_a_phone(page, "audit-record"):
        page.goto(record)
    page.goto(f"{address}/audit-head?lang=en")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the signed head").click()
    page.get_by_label("A signed head that you exported earlier").set_input_files(download.value.path())
    page.get_by_role("button", name="Verify the trail").click()
    expect(page.get_by_role("status")).to_contain_text("It agrees with the head that was exported earlier.")
    look_at(page, "audit-verified.en")
    assert (watch.elsewhere, watch.errors) == ([], [])
