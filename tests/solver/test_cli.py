"""The command line: exit codes, a line for each fault or finding, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from solver.__main__ import main
from solver.formats.problem_json import problem_to_json
from tests.solver.cases import document, masks


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(problem_to_json(masks(50, [25, 35, 40]))), encoding="utf-8")
    return path


@pytest.fixture
def plan(problem: Path) -> Path:
    path = problem.with_name("plan.json")
    assert main(["solve", str(problem), "-o", str(path)]) == 0
    return path


def test_solve_then_check(problem: Path, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(problem), str(plan)]) == 0
    assert capsys.readouterr().out == f"{plan}: proved\n"


def test_solve_tells_what_it_made(problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(problem), "-o", str(problem.with_name("plan.json"))]) == 0
    assert "3 demands, 3 of them not in full" in capsys.readouterr().out


def test_as_a_program_it_prints_nothing_else(problem: Path) -> None:
    """Not even the banner of HiGHS."""
    command = [sys.executable, "-m", "solver", "solve", str(problem), "-o", str(problem.with_name("p.json"))]
    done = subprocess.run([*command, "--method", "program"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert done.stdout.endswith("proved\n")


def test_the_described_document_is_solved(tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(document()))
    assert main(["solve", str(path), "-o", str(tmp_path / "plan.json"), "--processes", "2"]) == 0
    assert main(["check", str(path), str(tmp_path / "plan.json")]) == 0


def test_a_wrong_plan_is_told_line_by_line(problem: Path, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong: dict[str, Any] = json.loads(plan.read_text())
    for row in wrong["shipments"]:
        row["quantity"] += 1
    plan.write_text(json.dumps(wrong))
    capsys.readouterr()
    assert main(["check", str(problem), str(plan)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 2
    assert any("lot" in line for line in lines)


def test_every_fault_of_a_problem_has_a_line(problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(problem.read_text())
    data["demands"][0]["quantity"] = -1
    data["demands"][1]["due"] = 99
    problem.write_text(json.dumps(data))
    assert main(["solve", str(problem), "-o", str(problem.with_name("plan.json"))]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["problem", "$.demands[0].quantity"],
        ["problem", "$.demands[1].due"],
    ]
    assert not problem.with_name("plan.json").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "is not JSON"),
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (b'{"format": 1, "format": 2}', "stands twice"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"periods": ' + b"9" * 5000 + b"}", "too long"),
    ],
)
def test_what_is_no_json_is_named(content: bytes, says: str, problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem.write_bytes(content)
    assert main(["solve", str(problem), "-o", str(problem.with_name("plan.json"))]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


def test_a_byte_order_mark_does_not_matter(problem: Path) -> None:
    problem.write_bytes(b"\xef\xbb\xbf" + problem.read_bytes())
    assert main(["solve", str(problem), "-o", str(problem.with_name("plan.json"))]) == 0


@pytest.mark.parametrize("command", ["solve", "check"])
def test_a_missing_file_is_named(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.json")
    assert main(["solve", missing, "-o", missing] if command == "solve" else ["check", missing, missing]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(problem), "-o", str(problem.parent / "nowhere" / "plan.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_faults_of_a_plan_are_named(problem: Path, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.write_text('{"format": "tongchou.plan/1"}')
    capsys.readouterr()
    assert main(["check", str(problem), str(plan)]) == 2
    assert "plan: $.demands: must be a list" in capsys.readouterr().err


def test_a_plan_for_another_problem_is_rejected(problem: Path, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem.write_text(json.dumps(problem_to_json(masks(51, [25, 35, 40]))))
    capsys.readouterr()
    assert main(["check", str(problem), str(plan)]) == 1
    assert "another problem" in capsys.readouterr().out


def test_the_time_limit_is_told(problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["solve", str(problem), "-o", str(problem.with_name("plan.json")), "--time-limit", "1e-9"]
    assert main(command) == 1
    assert "time limit" in capsys.readouterr().err


@pytest.mark.parametrize("extra", [["--time-limit", "0"], ["--processes", "no"], ["--solver", "magic"]])
def test_a_wrong_command_line_is_told(extra: list[str], problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["solve", str(problem), "-o", "plan.json", *extra])
    assert stopped.value.code == 2
    assert extra[0] in capsys.readouterr().err


def test_progress_goes_to_standard_error(problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(problem.with_name("plan.json"))
    assert main(["solve", str(problem), "-o", path, "--progress", "--partial", "--price-of-fairness"]) == 0
    told = capsys.readouterr()
    assert told.out.endswith("; proved\n")
    assert told.err.splitlines()[0] == "bands everyone: 100.0%, level 0.5"
    assert json.loads(Path(path).read_text())["price_of_fairness"] == [
        {"item": "mask", "asked": 100, "met": 50.0, "most": 50.0}
    ]
