"""What a request may ask of the service before anybody has looked at it: bodies, faults, names of fields, HEAD."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.core.errors import InvalidInputError
from app.core.http.middleware import BODY_BYTES_MAX
from app.core.http.problem_details import FAULTS_LISTED
from app.web.kit.forms import PART_LETTERS_MAX, PARTS_MAX, nested

API = "/api/v1"


def in_pieces(size: int) -> Iterator[bytes]:
    """A body whose length is not declared."""
    for _ in range(size // 1024 + 1):
        yield b"x" * 1024


@pytest.mark.parametrize("address", ["/sessions", "/items", "/nowhere"])
def test_a_large_body_is_refused_before_it_is_read(client: TestClient, address: str) -> None:
    answer = client.post(f"{API}{address}", content=b"x" * (BODY_BYTES_MAX + 1))
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert answer.json()["code"] == "body_too_large"


def test_a_body_of_unknown_length_is_cut_off(client: TestClient) -> None:
    json = {"Content-Type": "application/json"}
    answer = client.post(f"{API}/items", content=in_pieces(BODY_BYTES_MAX + 1024), headers=json)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("address", [f"{API}/requisitions/import", "/login", "/requisitions/upload"])
def test_a_form_of_unknown_length_is_cut_off(client: TestClient, address: str) -> None:
    """Also where the handler reads its body itself."""
    form = {"Content-Type": "multipart/form-data; boundary=b"}

    def pieces() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        yield from in_pieces(64 << 20)

    answer = client.post(address, content=pieces(), headers=form)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_what_is_refused_before_it_is_routed_has_security_headers(client: TestClient) -> None:
    got = client.get("/login")
    sent = {"content": b"x" * (BODY_BYTES_MAX + 1)}
    pieces = {"content": in_pieces(BODY_BYTES_MAX + 1024), "headers": {"Content-Type": "application/json"}}
    for body in (sent, pieces):
        refused = client.post(f"{API}/items", **body)
        assert refused.status_code == 413
        for name in ("content-security-policy", "x-content-type-options", "referrer-policy"):
            assert refused.headers[name] == got.headers[name]


def test_a_body_within_the_limit_is_read(client: TestClient) -> None:
    assert client.post(f"{API}/items", content=b"x" * 1000).status_code == 422


def test_an_upload_may_be_larger_than_other_bodies(client: TestClient) -> None:
    sheet = {"file": ("needs.csv", b"a" * (BODY_BYTES_MAX + 1), "text/csv")}
    answer = client.post(f"{API}/requisitions/import", data={"facility": "none"}, files=sheet)
    assert answer.json().get("code") != "body_too_large", answer.text


def test_a_hundred_faults_are_listed_and_the_others_counted(client: TestClient) -> None:
    problem = client.post(f"{API}/items", json={f"unknown-{n}": n for n in range(1000)}).json()
    assert len(problem["faults"]) == FAULTS_LISTED
    assert problem["faults_left_out"] >= 1000 - FAULTS_LISTED
    assert problem["detail"].endswith(f"There are {problem['faults_left_out']} more faults.")


@pytest.mark.parametrize("name", ["a" + ".a" * 5000, "lines." + "1" * 5000, "x" * (PART_LETTERS_MAX + 1)])
def test_names_of_fields_that_no_form_has_are_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="not known here"):
        nested([(name, "1")])


def test_names_as_deep_as_allowed_are_read() -> None:
    assert nested([(".".join("a" * (PARTS_MAX + 1)), "1")])


def test_head_is_answered_as_get_without_the_body(client: TestClient) -> None:
    for address in ("/healthz", f"{API}/items", "/login"):
        got, head = client.get(address), client.head(address)
        assert (head.status_code, head.content) == (got.status_code, b""), address
        assert head.headers["content-type"] == got.headers["content-type"]
    assert client.head(f"{API}/items/none").status_code == 404
    assert client.head(f"{API}/stock-movements").status_code == 405
