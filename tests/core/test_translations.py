"""Every text that a person may read has its Chinese, with the same {named} parameters."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import app.main  # noqa: F401 - brings every table
from app.core.database import Base
from app.core.i18n import catalogue, choose_language, quantity_text, share_text, translate

# How the words of an enumeration begin in the catalogues; of states it is `state`.
WORD_PREFIXES = {
    "Program": "program", "BaseUnit": "unit", "SupplyChannel": "channel", "PartnerKind": "partner",
    "StockEnd": "end", "StockEventKind": "event", "NormBasis": "basis", "ZoneKind": "zone",
}  # fmt: skip
APP = Path(__file__).parents[2] / "app"
# Functions whose argument at this position is a message that is shown to people.
MESSAGE_KEYWORDS = {
    "Column": ("title", "note"), "SheetKind": ("title",),
    "Filter": ("title",), "Entry": ("title",), "Section": ("title",),
    "Listing": ("file_name", "empty"), "_Step": ("purpose", "step"),
}  # fmt: skip
MESSAGE_ARGUMENT = {
    "Fault": 1,
    "person_column": 1,
    "moment_column": 1,
    "day_column": 1,
    "name_column": 1,
    "of": 0,
    "translate": 0,
    "say": 0,
    "words": 0,
    "_": 0,
}


def _messages_in_code(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            position = MESSAGE_ARGUMENT.get(name)
            if position is not None and len(node.args) > position:
                argument = node.args[position]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and " " in argument.value:
                    yield argument.value
            for keyword in node.keywords:
                if keyword.arg in MESSAGE_KEYWORDS.get(name, ()) and isinstance(keyword.value, ast.Constant):
                    yield keyword.value.value
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "title":
                    assert isinstance(line.value, ast.Constant)
                    yield str(line.value.value)


def _messages_in_template(path: Path) -> Iterator[str]:
    for call in Environment().parse(path.read_text()).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_" and call.args:
            message = call.args[0]
            if isinstance(message, nodes.Const):
                yield str(message.value)


def messages() -> dict[str, str]:
    """Every message of the service, with the file in which it stands."""
    found: dict[str, str] = {}
    for path in sorted(APP.rglob("*.py")):
        found |= dict.fromkeys(_messages_in_code(path), path.name)
    for path in sorted(APP.rglob("*.html")):
        found |= dict.fromkeys(_messages_in_template(path), path.name)
    return found


def test_every_message_has_its_chinese() -> None:
    chinese = catalogue("zh-CN")
    assert {message: where for message, where in messages().items() if message not in chinese} == {}


def _word_keys() -> Iterator[str]:
    """The words of the enumerations that lists show by a prefix and the value."""
    for mapper in Base.registry.mappers:
        for column in mapper.local_table.columns:
            kind = getattr(column.type, "enum_class", None)
            if kind is None:
                continue
            prefix = WORD_PREFIXES.get(kind.__name__, "state" if kind.__name__.endswith("State") else None)
            if prefix is not None:
                yield from (f"{prefix}.{member.value}" for member in kind)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_state_and_kind_has_its_word(language: str) -> None:
    keys = set(_word_keys())
    assert "state.PROPOSED" in keys
    assert "channel.DONATION" in keys
    assert keys - set(catalogue(language)) == set()


# Words that Chinese pages used side by side for one thing, and the one that stayed.
DOUBLES = {"货源": "报价", "往来单位": "合作单位", "分配办法": "分配规则", "用量标准": "定额", "保底线": "底线"}


def test_one_thing_has_one_word_in_chinese() -> None:
    doubles = {message: word for message, text in catalogue("zh-CN").items() for word in DOUBLES if word in text}
    assert doubles == {}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_catalogues_are_named_as_the_parts_of_the_service(language: str) -> None:
    domains = {path.parent.name for path in APP.glob("*/__init__.py")}
    pages = {f"web_{path.parent.name}" for path in APP.glob("web/*/__init__.py")}
    assert {path.stem for path in (APP / "locale" / language).glob("*.po")} <= domains | pages


def test_a_message_of_one_part_stands_in_the_catalogue_of_that_part() -> None:
    parts: dict[str, set[str]] = {}
    for path in sorted([*APP.rglob("*.py"), *APP.rglob("*.html")]):
        found = _messages_in_code(path) if path.suffix == ".py" else _messages_in_template(path)
        for message in found:
            parts.setdefault(message, set()).add(_part_of(path))
    places: dict[str, str] = {}
    for path in (APP / "locale" / "zh_CN").glob("*.po"):
        with path.open("rb") as file:
            places |= {str(message.id): path.stem for message in read_po(file, abort_invalid=True) if message.id}
    misplaced = {
        message: (places[message], next(iter(of)))
        for message, of in parts.items()
        if len(of) == 1 and message in places and places[message] not in of
    }
    assert misplaced == {}


def _part_of(path: Path) -> str:
    """The catalogue for the messages of a file."""
    names = path.relative_to(APP).parts
    if names[0] == "web":
        return f"web_{names[2] if names[1] == 'templates' else names[1]}"
    return names[0] if len(names) > 1 else "core"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_message_is_translated_in_one_place(language: str) -> None:
    places: dict[str, list[str]] = {}
    for path in sorted((APP / "locale" / language).glob("*.po")):
        for message in re.findall(r'^msgid "(.+)"$', path.read_text(), re.MULTILINE):
            places.setdefault(message, []).append(path.name)
    assert {message: files for message, files in places.items() if len(files) > 1} == {}


def test_translations_keep_the_parameters() -> None:
    def parameters(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    odd = {message: text for message, text in catalogue("zh-CN").items() if not parameters(text) <= parameters(message)}
    assert odd == {}


def test_numbers_speak_the_language() -> None:
    assert quantity_text(1_500_000, "gram", "zh-CN") == "1.5 吨"
    assert quantity_text(2_300, "gram", "en") == "2.3 kg"
    assert quantity_text(1_249_505, "gram", "en", exact=True) == "1,249.505 kg"
    assert quantity_text(-999, "gram", "en", exact=True) == "-999 g"
    assert quantity_text(12_000, "piece", "zh-CN") == "12,000 件"
    assert share_text(0.9999, "en") == "99.9%"
    assert share_text(1.0, "en") == "100%"
    assert share_text(0.456, "zh-CN") == "46%"


def test_the_language_asked_for_is_found() -> None:
    assert choose_language("en-GB,zh;q=0.5", "zh-CN") == "en"
    assert choose_language("fr, zh-TW;q=0.3", "en") == "zh-CN"
    assert choose_language("zh_CN.UTF-8", "en") == "zh-CN"
    assert choose_language("de;q=x", "en") == "en"
    assert translate("Nothing known", "zh-CN") == "Nothing known"
