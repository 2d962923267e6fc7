"""The pages of notification rules and of the outbox, in both languages."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.settings import Settings


def test_a_rule_is_entered_tested_changed_and_switched_off_on_pages(
    client: TestClient, app: FastAPI, settings: Settings
) -> None:
    app.state.settings = settings.model_copy(update={"notify_private_targets": True})
    rule = {
        "name": "Leaders' group", "channel": "WECOM", "target": "https://qyapi.weixin.qq.com/send?key=hidden-key",
        "role": "leader", "language": "zh-CN", "tells_work": "yes", "quiet_from": "22", "quiet_until": "7",
    }  # fmt: skip
    refused = client.post("/notification-rules", data=rule | {"account": "zhou", "quiet_until": "22"})
    assert refused.status_code == 422
    assert "Name either a role or an account." in refused.text
    assert "Quiet hours need two different hours, or none." in refused.text

    page = client.post("/notification-rules", data=rule)
    assert page.status_code == 200
    address = page.url.path
    assert "hidden-key" not in page.text
    assert "qyapi.weixin.qq.com/…" in page.text
    tested = client.post(f"{address}/test", data={})
    assert "统筹系统测试消息" in tested.text
    listed = client.get("/notifications", params={"state": "QUEUED"})
    assert "统筹系统测试消息" in listed.text

    kept = {"name": "Leaders", "language": "zh-CN", "tells_late": "yes"}
    changed = client.post(address, data=kept)
    assert changed.status_code == 200
    shown = client.get(f"/api/v1{address}").json()
    assert (shown["name"], shown["active"], shown["tells_work"], shown["quiet_from"]) == ("Leaders", False, False, None)
    assert client.get("/api/v1/notifications").json()["items"][0]["state"] == "DROPPED"
    assert "Send a test message" not in client.get(address).text


@pytest.mark.parametrize("path", ["/notification-rules", "/notification-rules/new", "/notifications"])
def test_empty_pages_say_what_they_are_for(client: TestClient, path: str) -> None:
    page = client.get(path, params={"lang": "zh-CN"})
    assert page.status_code == 200
    assert "通知" in page.text
