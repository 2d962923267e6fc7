"""The OpenAPI document: valid, with unique names, an example that holds for each body, and the solver's schemas."""

from typing import Any

import jsonschema
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.core.http.openapi import TAGS, openapi_document

API = "/api/v1"


@pytest.fixture
def document(built_app: FastAPI) -> dict[str, Any]:
    return openapi_document(built_app)


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def written_schemas(document: dict[str, Any]) -> set[str]:
    """The schemas of bodies of JSON."""
    bodies = [operation["requestBody"] for operation in operations(document).values() if "requestBody" in operation]
    contents = [body["content"]["application/json"] for body in bodies if "application/json" in body["content"]]
    return {content["schema"]["$ref"].rpartition("/")[2] for content in contents}


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [fault.message for fault in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_names_for_generated_clients(document: dict[str, Any]) -> None:
    found = operations(document)
    assert found[f"GET {API}/items"]["operationId"] == "catalogue_list_items"
    assert found[f"POST {API}/plans/{{code}}/approve"]["operationId"] == "dispatch_approve_plan"
    names = [operation["operationId"] for operation in found.values()]
    assert len(set(names)) == len(names) > 200
    assert all(name.isidentifier() for name in names)


def test_every_tag_is_described(document: dict[str, Any]) -> None:
    assert {tag for operation in operations(document).values() for tag in operation["tags"]} == set(TAGS)
    assert all(operation["summary"] for operation in operations(document).values())


def test_each_body_that_people_write_has_an_example_that_holds(document: dict[str, Any]) -> None:
    """A new one is added to `app/core/http/examples.json`."""
    schemas, names = document["components"]["schemas"], written_schemas(document)
    assert {name for name in names if "examples" not in schemas[name]} == set()
    assert len(names) > 70
    for name in sorted(names):
        (example,) = schemas[name]["examples"]
        whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        jsonschema.Draft202012Validator(whole).validate(example)


def test_an_example_is_taken_as_it_stands(client: TestClient, document: dict[str, Any]) -> None:
    """The first ones in their order; all others are held against their schema."""
    for address, name in (("/zones", "NewZone"), ("/items", "NewItem"), ("/partners", "NewPartner")):
        example = document["components"]["schemas"][name]["examples"][0] | (
            {"parent": None} if "zone" in address else {}
        )
        answer = client.post(f"{API}{address}", json=example)
        assert answer.status_code == 201, answer.text


def test_what_asks_for_if_match_says_so(document: dict[str, Any]) -> None:
    asking = [key for key, operation in operations(document).items() if "428" in operation["responses"]]
    assert f"POST {API}/plans/{{code}}/approve" in asking
    assert f"PATCH {API}/items/{{code}}" in asking
    for key in asking:
        answers = operations(document)[key]["responses"]
        assert "application/problem+json" in answers["428"]["content"]
        assert "412" in answers


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/plans/{code}/problem", "tongchou.problem-1"),
        ("/plans/{code}/document", "tongchou.plan-1"),
        ("/scenarios/{code}/problem", "tongchou.problem-1"),
        ("/scenarios/{code}/document", "tongchou.plan-1"),
    ],
)
def test_documents_of_the_solver_have_their_schema(document: dict[str, Any], address: str, name: str) -> None:
    answer = document["paths"][f"{API}{address}"]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"] == {"$ref": f"#/components/schemas/{name}"}
    schema = document["components"]["schemas"][name]
    assert schema["properties"]["format"]["const"] == name.replace("-", "/")
    assert "$defs" not in schema


def test_the_solvers_schema_still_refuses(document: dict[str, Any]) -> None:
    whole = {"$ref": "#/components/schemas/tongchou.problem-1", "components": document["components"]}
    validator = jsonschema.Draft202012Validator(whole)
    small: Any = {"format": "tongchou.problem/1", "start": "2020-01-31", "periods": 3}
    assert validator.is_valid(small)
    assert not validator.is_valid(small | {"periods": 0})
    assert not validator.is_valid(small | {"limits": [{"id": "x" * 500}]})


def test_a_misspelt_filter_is_refused(client: TestClient) -> None:
    answer = client.get(f"{API}/items?programm=medical&x=1&limit=5")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    near, unknown = answer.json()["faults"]
    assert (near["code"], near["where"], near["params"]["near"]) == ("query_unknown", "programm", "program")
    assert (unknown["code"], unknown["where"]) == ("query_unknown", "x")
    assert client.get(f"{API}/items?program=medical&limit=5").status_code == 200


def test_a_misspelt_filter_is_refused_in_chinese(client: TestClient) -> None:
    answer = client.get(f"{API}/items?programm=medical", headers={"Accept-Language": "zh-CN"})
    assert "是否应为“program”" in answer.json()["detail"]


def test_large_answers_are_compressed_where_the_caller_takes_it(client: TestClient) -> None:
    packed = client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["vary"]
    assert int(packed.headers["content-length"]) * 5 < int(plain.headers["content-length"])
    assert packed.json() == plain.json()
    head = client.head("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert (head.headers["content-length"], head.content) == (packed.headers["content-length"], b"")
    assert "content-encoding" not in client.get("/healthz", headers={"Accept-Encoding": "gzip"}).headers
