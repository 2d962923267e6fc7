"""Chinese pages speak Chinese: every page of the demo is rendered, and no Latin word is on it but those listed here."""

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.auth.demo import DEMO_ACCOUNTS
from app.auth.deps import _current_actor
from app.commands.demo import demo_clock
from app.core.actor import Actor, ActorKind
from app.core.rights import ALL_RIGHTS, Role
from app.main import equip
from tests.web.browser import demo_settings

PAGES_OF_A_KIND = 2
"""How many pages are read that differ only in the code or number in their address."""

NAMES = {word for one in DEMO_ACCOUNTS for word in re.findall(r"[A-Za-z]+", f"{one.login} {one.name}")}
"""Accounts of the demo, whose names are in both languages, as one name serves both; `facilities` entered the needs."""
ALLOWED = frozenset(
    {"facilities", "GB", "Excel", "xlsx", "xls", "ods", "CSV", "csv", "tsv", "PDF", "Tab", "system", *NAMES}
)
"""Latin words that Chinese readers expect: national standards, formats of files, keys, names."""

# Codes of documents and lots, addresses of this service, digests, and the formats of its files.
CODES = re.compile(
    r"[a-z]+(?:-[a-z0-9]+)+|[A-Za-z]+(?:[-._/:][A-Za-z0-9]+)*[-_/:.]?[0-9][\w./:-]*"
    r"|[0-9][\w.-]*|sha256:\w+|tongchou\.\w+/\d"
)
WORD = re.compile(r"[A-Za-z][A-Za-z]+")
CODE_IN_PATH = re.compile(r"(?<=/)[^/?]*(?:\d|-)[^/?]*")
SILENT = ("script", "style", "code", "svg")
"""What nobody reads, codes that are shown as such, and charts, whose library adds English to what is read out."""
VOID = ("br", "hr", "img", "input", "link", "meta", "path", "rect", "line", "circle")
SPOKEN_ATTRIBUTES = ("aria-label", "placeholder", "title", "alt", "data-label")


class Reader(HTMLParser):
    """The words that a person reads or hears on a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if self._silent or tag in SILENT or known.get("lang", "zh-CN") != "zh-CN":
            self._silent += tag not in VOID
            return
        self.texts += [str(known[name]) for name in SPOKEN_ATTRIBUTES if known.get(name)]
        if tag == "a" and (known.get("href") or "").startswith("/"):
            self.links.append(str(known["href"]))

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag not in VOID:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


@pytest.fixture
def everybody(built_app: FastAPI, prepared_demo: Path, tmp_path: Path) -> Iterator[TestClient]:
    """The demo, before somebody who may see every page."""
    shutil.copy(prepared_demo, tmp_path / "demo.db")
    settings = demo_settings(tmp_path / "demo.db")
    built_app.state.database.close()
    equip(built_app, settings, demo_clock(settings))
    actor = Actor(name="leader", title="指挥部领导", role=Role.LEADER, kind=ActorKind.PERSON, rights=ALL_RIGHTS)
    built_app.dependency_overrides[_current_actor] = lambda: actor
    with TestClient(built_app, cookies={"tongchou_language": "zh-CN"}) as client:
        yield client
    built_app.dependency_overrides.clear()


def pages_of(client: TestClient) -> Iterator[tuple[str, str]]:
    """Every kind of page that links lead to from the first one, with its text."""
    waiting = ["/", "/our-facility", "/deliveries", "/purchase-orders/new", "/account", "/disclosure/new", "/login"]
    seen: dict[str, int] = {}
    while waiting:
        address = waiting.pop(0)
        kind = CODE_IN_PATH.sub("*", address.partition("#")[0].partition("?")[0])
        if seen.get(kind, 0) >= PAGES_OF_A_KIND or "download=" in address or kind == "/docs":
            continue
        answer = client.get(address)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            seen[kind] = PAGES_OF_A_KIND
            continue
        seen[kind] = seen.get(kind, 0) + 1
        assert answer.status_code == 200, address
        reader = Reader()
        reader.feed(answer.text)
        waiting += reader.links
        yield address, "\n".join(reader.texts)


def test_no_latin_word_stands_on_a_chinese_page(everybody: TestClient) -> None:
    found: dict[str, set[str]] = {}
    count = 0
    for address, text in pages_of(everybody):
        count += 1
        for word in WORD.findall(CODES.sub(" ", text)):
            if word not in ALLOWED:
                found.setdefault(word, set()).add(address)
    assert {word: sorted(places)[:3] for word, places in found.items()} == {}
    assert count > 60, "the pages were read"
