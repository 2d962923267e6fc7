"""From what happened to what a receiver on this machine got: channels, retries, kills; nothing is told twice."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import Fault
from app.core.rights import Role
from app.core.settings import Settings
from app.core.trail.models import AuditRecord
from app.core.work import Work
from app.notices.service import NewNotice, leave_notices
from app.notifications.sending import LEASE, Sender
from app.web.kit.error_texts import notice_text
from tests.conftest import NOON, OPERATOR
from tests.notifications.killed import send_once
from tests.notifications.servers import Hook, Mailbox, hook, mail_server

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
RULES, MESSAGES = "/api/v1/notification-rules", "/api/v1/notifications"


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as state:
        yield state


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def outward(app: FastAPI, settings: Settings, mailbox: Mailbox) -> Settings:
    """Settings of an installation that may send to this machine."""
    more = {
        "smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_security": "none", "smtp_sender": "t@city.example",
        "notify_private_targets": True, "public_url": "https://supplies.example.org",
    }  # fmt: skip
    app.state.settings = settings.model_copy(update=more)
    return app.state.settings


def enter(client: TestClient, **fields: Any) -> dict[str, Any]:
    new = {"name": "Leaders", "channel": "WEBHOOK", "secret": SECRET, "role": "leader", "language": "en"} | fields
    answer = client.post(RULES, json=new)
    assert answer.status_code == 201, answer.text
    return answer.json()


def sender(database: Database, settings: Settings, clock: Clock, **later: float) -> Sender:
    then = Clock(clock.city_zone, lambda: NOON + timedelta(**later))
    return Sender(database, then, settings, notice_text, name="worker here")


def send_all(database: Database, settings: Settings, clock: Clock, **later: float) -> int:
    one, count = sender(database, settings, clock, **later), 0
    while one.step():
        count += 1
    return count


def tell(database: Database, clock: Clock, kind: str = "published_late", role: Role = Role.LEADER) -> None:
    with database.write() as session:
        told = Fault(kind, "Not found.")
        leave_notices(Work(session, OPERATOR, clock), [NewNotice(told=told, address="/recalls/RC-1", role=role)])


def outbox(client: TestClient) -> list[dict[str, Any]]:
    return client.get("/api/v1/notifications").json()["items"]


def test_a_web_hook_is_signed_and_nothing_is_told_twice(
    client: TestClient, outward: Settings, database: Database, clock: Clock, receiver: Hook
) -> None:
    tell(database, clock)
    assert send_all(database, outward, clock) == 0  # nothing is set up

    rule = enter(client, target=f"{receiver.url}/hooks/secret-part")
    assert "secret-part" not in json.dumps(rule)
    assert (rule["has_secret"], "secret" in rule) == (True, False)
    tell(database, clock, role=Role.PROCUREMENT)
    assert send_all(database, outward, clock) == 1
    assert send_all(database, outward, clock, minutes=60) == 0
    [(path, headers, body)] = receiver.received
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"k" * 32, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert (path, headers["webhook-timestamp"]) == ("/hooks/secret-part", str(int(NOON.timestamp())))
    told = json.loads(body)
    assert (told["type"], told["data"]["text"]) == ("published_late", "Not found.")
    assert told["data"]["link"] == "https://supplies.example.org/recalls/RC-1"
    [message] = outbox(client)
    assert (message["state"], message["attempts"], message["message_id"]) == ("SENT", 1, headers["webhook-id"])
    with database.read() as session:
        records = session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
    actions = [one.action for one in records if one.subject_kind.startswith("notification")]
    assert actions == ["NOTIFICATION_RULE_CREATED", "NOTIFICATIONS_QUEUED", "NOTIFICATION_SENT"]
    assert not any("secret-part" in one.after or SECRET in one.after for one in records)


def test_robots_get_their_json_and_their_refusals_are_understood(
    client: TestClient, outward: Settings, database: Database, clock: Clock, receiver: Hook
) -> None:
    wecom = enter(client, channel="WECOM", target=f"{receiver.url}/send?key=1", secret="", language="zh-CN")
    ding = enter(client, channel="DINGTALK", target=f"{receiver.url}/robot?access_token=2", secret="SECx")
    for rule in (wecom, ding):
        client.post(MESSAGES, json={"rule_id": rule["id"]})
    receiver.answer(200, {"errcode": 45009, "errmsg": "too often"})
    assert send_all(database, outward, clock) == 2
    assert {one["state"] for one in outbox(client)} == {"QUEUED"}
    receiver.answer(200, {"errcode": 93000, "errmsg": "invalid webhook url"})
    assert send_all(database, outward, clock, minutes=3) == 2
    assert {one["state"] for one in outbox(client)} == {"FAILED"}
    assert outbox(client)[0]["fault"] == "The robot refused it with code 93000."
    receiver.answer(200, {"errcode": 0, "errmsg": "ok"})
    for one in outbox(client):
        assert client.post(f"/api/v1/notifications/{one['id']}/send-again", json={}).status_code == 200
    assert send_all(database, outward, clock, minutes=4) == 2
    (wecom_path, _, wecom_body), (ding_path, _, ding_body) = sorted(receiver.received[-2:], reverse=True)
    assert wecom_path == "/send?key=1"
    assert json.loads(wecom_body)["text"]["content"].startswith("统筹系统测试消息\n规则“Leaders”")
    query = parse_qs(urlsplit(ding_path).query)
    stamp = query["timestamp"][0]
    digest = hmac.new(b"SECx", f"{stamp}\nSECx".encode(), hashlib.sha256).digest()
    assert (query["access_token"], query["sign"]) == (["2"], [base64.b64encode(digest).decode()])
    assert json.loads(ding_body)["msgtype"] == "text"


def test_mail_leaves_in_the_receivers_language_and_a_refused_address_is_final(
    client: TestClient, outward: Settings, database: Database, clock: Clock, mailbox: Mailbox
) -> None:
    mail = {"channel": "EMAIL", "secret": ""}
    right = enter(client, target="zhou@city.example", language="zh-CN", **mail)
    wrong = enter(client, target="nobody@city.example", **mail)
    mailbox.refused["nobody@city.example"] = 550
    for rule in (right, wrong):
        client.post(MESSAGES, json={"rule_id": rule["id"]})
    assert send_all(database, outward, clock) == 2
    [(to, raw)] = mailbox.mails
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert (to, message["Subject"], message["From"]) == ("zhou@city.example", "统筹系统测试消息", "t@city.example")
    sent, given_up = outbox(client)
    assert message["Message-ID"] == f"<{sent['message_id']}@city.example>"
    assert (sent["state"], given_up["state"]) == ("SENT", "FAILED")
    assert given_up["fault"] == "The mail server does not take this address."


def test_a_receiver_that_is_down_is_tried_again_ever_later_with_the_same_id(
    client: TestClient, outward: Settings, database: Database, clock: Clock, receiver: Hook
) -> None:
    rule = enter(client, target=receiver.url + "/")
    client.post(MESSAGES, json={"rule_id": rule["id"]})
    receiver.answer(503, retry_after="300")
    assert send_all(database, outward, clock) == 1
    assert send_all(database, outward, clock, seconds=299) == 0
    assert send_all(database, outward, clock, seconds=300) == 1
    receiver.answer(302, location="http://127.0.0.1/elsewhere")
    later = 600.0
    while outbox(client)[0]["state"] == "QUEUED":
        later += 6 * 3600
        assert send_all(database, outward, clock, seconds=later) == 1
    assert len(receiver.received) == 7
    assert len({headers["webhook-id"] for _, headers, _ in receiver.received}) == 1
    receiver.answer(200)
    client.post(f"/api/v1/notifications/{outbox(client)[0]['id']}/send-again", json={})
    assert send_all(database, outward, clock, seconds=later) == 1
    assert outbox(client)[0]["state"] == "SENT"


def test_a_sender_killed_between_sending_and_recording_sends_it_again_with_the_same_id(
    client: TestClient, outward: Settings, database: Database, clock: Clock, receiver: Hook, database_url: str
) -> None:
    rule = enter(client, target=receiver.url + "/")
    client.post(MESSAGES, json={"rule_id": rule["id"]})
    receiver.may_answer.clear()
    process = get_context("spawn").Process(target=send_once, args=(database_url,))
    process.start()
    assert receiver.arrived.acquire(timeout=60), "nothing arrived"
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    receiver.may_answer.set()
    assert (outbox(client)[0]["state"], outbox(client)[0]["attempts"]) == ("QUEUED", 1)
    assert send_all(database, outward, clock, seconds=LEASE.total_seconds() - 1) == 0
    assert send_all(database, outward, clock, seconds=LEASE.total_seconds()) == 1
    first, second = (headers["webhook-id"] for _, headers, _ in receiver.received)
    assert first == second
    assert (outbox(client)[0]["state"], outbox(client)[0]["attempts"]) == ("SENT", 2)


def test_an_address_inside_the_own_network_is_not_reached(
    client: TestClient, outward: Settings, database: Database, clock: Clock, receiver: Hook
) -> None:
    rule = enter(client, target=receiver.url + "/")
    client.post(MESSAGES, json={"rule_id": rule["id"]})
    closed = outward.model_copy(update={"notify_private_targets": False})
    assert send_all(database, closed, clock) == 1
    assert (receiver.received, outbox(client)[0]["state"]) == ([], "FAILED")


def test_quiet_hours_hold_all_but_recalls_and_a_rule_switched_off_sends_nothing(
    client: TestClient, outward: Settings, database: Database, clock: Clock, receiver: Hook
) -> None:
    rule = enter(client, target=receiver.url + "/", quiet_from=11, quiet_until=14)  # it is noon
    tell(database, clock)
    tell(database, clock, kind="lot_recalled")
    assert send_all(database, outward, clock) == 1
    assert json.loads(receiver.received[0][2])["type"] == "lot_recalled"
    assert outbox(client)[0]["send_at"] == "2020-01-31T06:00:00Z"
    tag = client.get(f"{RULES}/{rule['id']}").headers["etag"]
    off = client.patch(f"{RULES}/{rule['id']}", json={"active": False}, headers={"If-Match": tag})
    assert off.status_code == 200
    assert send_all(database, outward, clock, hours=3) == 0
    assert [one["state"] for one in outbox(client)] == ["DROPPED", "SENT"]
    assert client.post(MESSAGES, json={"rule_id": rule["id"]}).status_code == 409
