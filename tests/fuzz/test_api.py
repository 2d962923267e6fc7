"""Thousands of calls drawn from the OpenAPI document, as every role: never a 5xx, never an answer that is not declared.

`TONGCHOU_FUZZ_CALLS` (700 a database unless it is set) and `TONGCHOU_FUZZ_SEED` make it longer or another one.
"""

import json
import os
import random
from collections import Counter, defaultdict
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.auth.deps import Actor, _current_actor
from app.auth.rules import BOUND_ROLES
from app.core.http.openapi import openapi_document
from app.core.rights import ROLE_RIGHTS, Role
from tests.fuzz.drawing import LISTS, Draw, Known, list_of

CALLS = int(os.environ.get("TONGCHOU_FUZZ_CALLS", "700"))
SEED = int(os.environ.get("TONGCHOU_FUZZ_SEED", "1"))
LEFT_OUT = {
    "/api/v1/plan-runs/{code}/events": "a stream that ends after minutes",
    "/readyz": "answers 503 by design",
}
ACTORS = [
    Actor.system(
        role.value,
        ROLE_RIGHTS[role],
        facilities=frozenset({"designated"}) if role is Role.FACILITY else None,
        warehouses=frozenset({"wh"}) if role is Role.WAREHOUSE else None,
    )
    for role in Role
]


class Fuzz:
    """Calls, and what is wrong with the answers."""

    def __init__(self, app: FastAPI, client: TestClient, seed: int) -> None:
        self.app, self.client, self.chance = app, client, random.Random(seed)
        self.document = openapi_document(app)
        self.known = Known()
        self.draw = Draw(self.document, self.chance, self.known)
        self.wrong: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.operations = [
            (method, path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
            if path not in LEFT_OUT
        ]
        self.refused: defaultdict[str, set[str]] = defaultdict(set)
        """Who was refused an operation, by its id: called as them again only seldom."""
        self._validators: dict[str, Any] = {}

    def look_around(self) -> None:
        """Learn the names of what is there."""
        self.app.dependency_overrides[_current_actor] = lambda: ACTORS[0]
        for method, path, _ in self.operations:
            if method == "get" and "{" not in path:
                answer = self.client.get(path)
                if answer.status_code == 200 and "json" in answer.headers["content-type"]:
                    self.known.learn(path, answer.json())

    def call(self) -> None:
        """One call as somebody, and a look at the answer."""
        method, path, operation = self.chance.choice(self.operations)
        refused = self.refused[operation["operationId"]]
        actor = self.chance.choice([one for one in ACTORS if one.name not in refused or self.chance.random() < 0.02])
        self.app.dependency_overrides[_current_actor] = lambda: actor
        sent: dict[str, Any] = {
            "headers": {"Accept-Language": self.chance.choice(["en", "zh-CN", "x;q=y"])},
            "params": [],
        }
        address = path
        for one in operation.get("parameters", []):
            address = self._put(one, path, address, sent)
        self._put_body(operation.get("requestBody", {}).get("content", {}), sent)
        told = f"{actor.name}: {method.upper()} {address} {sent}"
        try:
            answer = self.client.request(method, address, **sent)
        except Exception as error:  # what a client would see as 500
            self.wrong.append(f"{told} -> {error!r}"[:1500])
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == 403 and answer.json()["faults"][0]["code"] == "right_missing":
            refused.add(actor.name)
        fault = self._fault(operation, answer)
        if fault:
            self.wrong.append(f"{told} -> {answer.status_code} {fault}"[:1500])
        elif answer.status_code < 300 and answer.content and "json" in answer.headers.get("content-type", ""):
            self.known.learn(path, answer.json())

    def _put(self, one: dict[str, Any], path: str, address: str, sent: dict[str, Any]) -> str:
        name, schema = one["name"], one["schema"]
        if one["in"] == "path":
            listed = LISTS.get(name, list_of(path))
            value = self.known.one(self.chance, listed) if name in (*LISTS, "code") else self.draw.value(schema, name)
            value = self.draw.broken(value) if self.chance.random() < 0.05 else value
            return address.replace("{" + name + "}", quote(str(value).encode("utf-8", "replace"), safe="") or "-")
        if one["in"] == "query" and self.chance.random() < 0.3:
            value = self.draw.value(schema, name)
            value = self.draw.broken(value) if self.chance.random() < 0.2 else value
            sent["params"].append((name, str(value).encode("utf-8", "replace").decode()))
        elif name == "If-Match" and self.chance.random() < 0.9:
            sent["headers"][name] = self.chance.choice(["*", "*", "*", '"1-1"', "é".encode(), "x" * 3000])
        elif name == "Idempotency-Key" and self.chance.random() < 0.1:
            sent["headers"][name] = f"key-{self.chance.randint(0, 5)}"
        return address

    def _put_body(self, content: dict[str, Any], sent: dict[str, Any]) -> None:
        if "application/json" in content:
            value = self.draw.value(content["application/json"]["schema"])
            value = self.draw.broken(value) if self.chance.random() < 0.3 else value
            sent["content"] = json.dumps(value)
            sent["headers"]["Content-Type"] = "application/json"
        elif "multipart/form-data" in content:
            value = self.draw.value(content["multipart/form-data"]["schema"])
            sheet = self.chance.choice([b"", b"PK\x03\x04junk", "物资,数量\nn95,5\n".encode(), b"\xff\xfe\x00"])
            sent["files"] = {"file": (self.chance.choice(["a.csv", "a.xlsx", "a.ods", "x"]), sheet)}
            sent["data"] = {name: str(one) for name, one in value.items() if name != "file"}

    def _fault(self, operation: dict[str, Any], answer: Response) -> str:
        """What is wrong with an answer: of the server, not declared, or not as its schema says."""
        if answer.status_code >= 500:
            return answer.text
        declared = operation["responses"].get(str(answer.status_code))
        if declared is None:
            return f"is not declared: {answer.text}"
        kind = answer.headers.get("content-type", "").partition(";")[0]
        contents = declared.get("content", {})
        if not answer.content:
            return f"declares {list(contents)} and has no body" if contents and answer.status_code < 300 else ""
        if kind not in contents:
            return f"{kind} is not declared"
        schema = contents[kind].get("schema")
        if schema and "json" in kind:
            for error in self._validator(schema).iter_errors(answer.json()):
                return f"{error.json_path}: {error.message[:300]}"
        return ""

    def _validator(self, schema: dict[str, Any]) -> Any:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[key] = jsonschema.Draft202012Validator(whole)
        return self._validators[key]


def test_no_call_of_any_role_breaks_the_service(app: FastAPI, client: TestClient, planning_city: None) -> None:
    assert {Role.FACILITY, Role.WAREHOUSE} == BOUND_ROLES
    client.event_hooks = {}  # it compares answers of one kind by their tag: an item, and its units, have the same
    fuzz = Fuzz(app, client, SEED)
    fuzz.look_around()
    for _ in range(CALLS):
        fuzz.call()
    print(f"{sum(fuzz.statuses.values())} answers: {sorted(fuzz.statuses.items())}")
    assert fuzz.wrong == []
    assert fuzz.statuses[200] + fuzz.statuses[201] > CALLS / 15, "most calls were refused: they test nothing"


@pytest.mark.parametrize("broken", [{"code": 5}, {"nothing": 1}])
def test_the_fuzz_sees_an_answer_that_is_not_as_declared(
    app: FastAPI, client: TestClient, broken: dict[str, Any]
) -> None:
    fuzz = Fuzz(app, client, SEED)
    operation = fuzz.document["paths"]["/api/v1/items/{code}"]["get"]
    assert fuzz._fault(operation, Response(200, json=broken))
    assert fuzz._fault(operation, Response(500, text="?"))
    assert fuzz._fault(operation, Response(418, json={}))
