"""Needs from outside: real appeals become a plan; a county's table becomes requisitions."""

import argparse
import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import func, select

from app.commands import import_needs
from app.core.database import Database
from app.requisitions.models import Requisition
from app.requisitions.types import RequisitionState
from tests.requisitions.city import build_city
from tests.seeding import seeding

ROOT = Path(__file__).parents[2]
EXCERPT = ROOT / "tests" / "data" / "hubei-appeals-excerpt.json"
STOCK = ROOT / "docs" / "examples" / "hubei-stock.csv"
ASSUMED = ROOT / "docs" / "examples" / "hubei-assumed-quantities.csv"


def run(*arguments: object) -> int:
    """The command as it is called from the command line; its exit code."""
    parser = argparse.ArgumentParser()
    import_needs.register(parser)
    options = parser.parse_args(list(map(str, arguments)))
    code: int = options.run(options)
    return code


def solver(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "solver", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_real_appeals_become_a_proved_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem, plan, listed = tmp_path / "problem.json", tmp_path / "plan.json", tmp_path / "listed.csv"
    code = run(
        EXCERPT,
        "--problem-out",
        problem,
        "--stock",
        STOCK,
        "--assume",
        ASSUMED,
        "--start",
        "2020-01-31",
        "--listed",
        listed,
        "--lang",
        "en",
    )
    out = capsys.readouterr().out
    assert code == 0, out
    assert "10 records with 80 lines read." in out
    with listed.open(encoding="utf-8-sig", newline="") as file:
        reasons = [row["why"] for row in csv.DictReader(file)]
    demands = json.loads(problem.read_text(encoding="utf-8"))["demands"]
    assert len(demands) + len(reasons) - reasons.count("NOTHING_ASKED") == 80
    assert set(reasons) == {"NOTHING_ASKED", "UNKNOWN_ITEM", "NO_QUANTITY", "REPEATED"}
    solved = solver("solve", problem, "-o", plan)
    assert solved.returncode == 0, solved.stderr
    assert solver("check", problem, plan).returncode == 0
    given = {one["demand"]: one["quantity"] for one in json.loads(plan.read_text(encoding="utf-8"))["demands"]}
    # The temporary hospital is a key point: its suits are served to the full before others get half.
    suits = {one["facility"]: given[one["id"]] / one["quantity"] for one in demands if one["item"] == "protective-suit"}
    assert suits["石牌岭方舱医院"] == 1
    assert min(suits.values()) > 0


def test_without_an_assumption_only_stated_quantities_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = tmp_path / "problem.json"
    assert run(EXCERPT, "--problem-out", problem, "--stock", STOCK, "--start", "2020-01-31", "--lang", "zh-CN") == 0
    out = capsys.readouterr().out
    assert "列出未采用 40 行：未写明数量。" in out
    assert "[0].supplies[0]: 未写明数量: 来凤县中心医院 (来凤县) 普通医用口罩" in out
    facilities = {one["facility"] for one in json.loads(problem.read_text(encoding="utf-8"))["demands"]}
    assert "来凤县中心医院" not in facilities
    assert len(facilities) == 5


@pytest.fixture
def city(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database with a small city, which the command will find."""
    with seeding(database) as session:
        build_city(session)
    monkeypatch.setenv("TONGCHOU_DATABASE_URL", database_url)
    return database


def entered(database: Database) -> list[tuple[str, str, list[tuple[str, int, str, str]]]]:
    with database.read() as session:
        found = session.scalars(select(Requisition).order_by(Requisition.id)).unique().all()
        assert {one.state for one in found} <= {RequisitionState.SUBMITTED}
        return [
            (
                one.facility.code,
                one.program.value,
                [(line.item.code, line.requested_units, line.needed_by.isoformat(), line.reason) for line in one.lines],
            )
            for one in found
        ]


def test_a_countys_table_becomes_requisitions(
    city: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "needs.csv"
    path.write_text(
        "单位,物资,数量,需用日期,理由\n第一医院,兔子服,50,2020-02-03,新增病区\nclinic-1,护目镜,20,,\n"
        "clinic-1,大米,900,2020-02-05,\n第二医院,魔法棒,3,,\n第二医院,防护服,,,\n第二医院,cap,7,,\n",
        encoding="gb18030",
    )
    assert run(path, "--into-database", "--start", "2020-01-31", "--lang", "en") == 0
    assert entered(city) == [
        ("clinic-1", "medical", [("suit", 50, "2020-02-03", "新增病区"), ("goggles", 20, "2020-02-06", "")]),
        ("clinic-1", "living", [("rice", 900, "2020-02-05", "")]),
        ("clinic-2", "medical", [("cap", 7, "2020-02-06", "")]),
    ]
    out = capsys.readouterr().out
    assert "3 requisitions entered and submitted" in out
    assert "rows.5: item name not known: 第二医院 魔法棒 “3”" in out
    assert "rows.6: no quantity given: 第二医院 防护服" in out


def test_an_operators_aliases_help(city: Database, tmp_path: Path) -> None:
    needs, aliases = tmp_path / "needs.csv", tmp_path / "own.csv"
    needs.write_text("facility,item,quantity,needed_by\nclinic-2,魔法棒,3,\n", encoding="utf-8")
    aliases.write_text("alias,item\n魔法棒,goggles\n", encoding="utf-8")
    assert run(needs, "--into-database", "--start", "2020-01-31", "--aliases", aliases) == 0
    assert entered(city) == [("clinic-2", "medical", [("goggles", 3, "2020-02-06", "")])]
    aliases.write_text("alias,item\n魔法棒,wand\n", encoding="utf-8")
    assert run(needs, "--into-database", "--start", "2020-01-31", "--aliases", aliases) == 1


def test_when_anything_is_wrong_nothing_is_written_and_everything_is_told(
    city: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "needs.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for number, row in enumerate(
            [
                ("facility", "item", "quantity", "needed_by"),
                ("第一医院", "防护服", 50, "2020-02-03"),
                ("clinic-1", "防护服", 60, "2020-02-03"),
                ("实验小学", "口罩", 5, "2020-02-03"),
                ("月球医院", "口罩", 5, "2020-02-03"),
                ("旧医院", "口罩", 5, "2020-01-01"),
            ]
        ):
            page.write_row(number, 0, row)
    assert run(path, "--into-database", "--start", "2020-01-31", "--lang", "zh-CN") == 1
    assert capsys.readouterr().err.splitlines() == [
        "tongchou: 输入有误。",
        "  needs.xlsx: rows.3: 与 rows.2 重复：同一单位、物资和日期。",
        "  needs.xlsx: rows.4.facility: 有多个单位名为“实验小学”：请填写所指单位的编码。",
        "  needs.xlsx: rows.5.facility: 没有编码或名称为“月球医院”的单位；"
        "相近的有：旧医院 (closed-1)、第一医院 (clinic-1)、第二医院 (clinic-2)。",
        "  needs.xlsx: rows.6.facility: 单位 closed-1 已停用。",
        "  needs.xlsx: rows.6.needed_by: 需用日期 2020-01-01 早于报告日期 2020-01-31。",
    ]
    with city.read() as session:
        assert session.scalar(select(func.count()).select_from(Requisition)) == 0


def test_the_district_tells_namesakes_apart(city: Database, tmp_path: Path) -> None:
    path = tmp_path / "appeals.json"
    appeal = {"name": "实验小学", "district": "南区", "supplies": [{"key": "口罩", "value": 40}]}
    path.write_text(json.dumps([appeal]), encoding="utf-8")
    assert run(path, "--into-database", "--start", "2020-01-31") == 0
    assert [one[0] for one in entered(city)] == ["school-2"]


def test_when_the_list_cannot_be_written_nothing_is_entered(city: Database, tmp_path: Path) -> None:
    path = tmp_path / "needs.csv"
    path.write_text("facility,item,quantity,needed_by\nclinic-2,cap,3,\n", encoding="utf-8")
    assert run(path, "--into-database", "--start", "2020-01-31", "--listed", tmp_path / "none" / "listed.csv") == 2
    assert entered(city) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"[{]", 2), (b'[{"name": "x", "supplies": [{"key": "y", "value": -5}]}]', 1)],
    ids=["unreadable", "faulty"],
)
def test_a_bad_file_leaves_no_problem_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, code: int
) -> None:
    path, problem = tmp_path / "appeals.json", tmp_path / "problem.json"
    path.write_bytes(content)
    assert run(path, "--problem-out", problem, "--stock", STOCK) == code
    assert capsys.readouterr().err.startswith("tongchou: ")
    assert not problem.exists()


def test_a_problem_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none" / "problem.json"
    assert run(EXCERPT, "--problem-out", missing, "--stock", STOCK, "--lang", "en") == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--problem-out", "p.json"),
        ("--into-database", "--stock", str(STOCK)),
        ("--into-database", "--start", "31.1.2020"),
        ("--into-database", "--days", "0"),
        (),
    ],
)
def test_options_that_do_not_belong_together_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as refusal:
        run(EXCERPT, *arguments)
    assert refusal.value.code == 2


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    copy = tmp_path / "needs.txt"
    shutil.copy(EXCERPT, copy)
    with pytest.raises(SystemExit) as refusal:
        run(copy, "--problem-out", "p.json", "--stock", STOCK)
    assert refusal.value.code == 2
