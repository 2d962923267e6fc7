"""Log-in by OpenID Connect where it is not set up, or not wholly."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from app.core.settings import Settings

pytest.importorskip("authlib")

CALLBACK = "/login/oidc/callback"
PUBLIC = "https://supplies.example.org"


def test_without_settings_there_is_no_such_way(visitor: TestClient) -> None:
    assert "/login/oidc" not in visitor.get("/login").text
    for path in ("/login/oidc", CALLBACK):
        assert visitor.get(path).status_code == 404


@pytest.mark.parametrize(
    "values",
    [
        {"oidc_issuer": "https://id.example.org"},
        {"oidc_issuer": "https://id.example.org", "oidc_client_id": "c"},
        {"oidc_issuer": "http://id.example.org", "oidc_client_id": "c", "public_url": PUBLIC},
        {"oidc_issuer": "http://localhost.example.org", "oidc_client_id": "c", "public_url": PUBLIC},
        {"public_url": "supplies.example.org"},
        {"public_url": f"{PUBLIC}/path"},
    ],
    ids=str,
)
def test_settings_that_are_not_whole_are_refused_at_the_start(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**values)
