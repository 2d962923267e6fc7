"""The solver alone, as the distribution ``tongchou-solver``: built and installed without network, and used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/formats/examples/district.problem.json"


def run(arguments: Sequence[object], cwd: Path, **environment: str) -> str:
    command = [sys.executable, *map(str, arguments)]
    # Nothing of this project is on the path but what the wheel has.
    env = {**os.environ, "PYTHONPATH": "", **environment}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel."""
    place = tmp_path_factory.mktemp("wheel")
    # Setuptools leaves its working files in the source.
    shutil.copytree(ROOT / "solver", place / "source", ignore=shutil.ignore_patterns("__pycache__"))
    offline = ["--no-deps", "--no-index", "--disable-pip-version-check", "-q"]
    run(["-m", "pip", "wheel", "--no-build-isolation", *offline, "-w", place / "dist", place / "source"], place)
    (wheel,) = (place / "dist").glob("tongchou_solver-*.whl")
    run(["-m", "pip", "install", *offline, "--target", place / "site", wheel], place)
    return place / "site"


def test_it_solves_and_checks(site: Path, tmp_path: Path) -> None:
    plan, path = tmp_path / "plan.json", str(site)
    run([site / "bin/tongchou-solver", "solve", EXAMPLE, "-o", plan], tmp_path, PYTHONPATH=path)
    assert run(["-m", "tongchou_solver", "check", EXAMPLE, plan], tmp_path, PYTHONPATH=path) == f"{plan}: proved\n"
    assert json.loads(plan.read_text())["status"] == "optimal"


def test_its_worker_processes_find_it(site: Path, tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tongchou_solver import DEFAULT, Options, read_problem, solve\n"
        "from dataclasses import replace\n"
        "if __name__ == '__main__':\n"
        f"    problem = read_problem(Path({str(EXAMPLE)!r}))\n"
        "    problem = replace(problem, offers=(), funds=(), capacities=(), substitutions=())\n"
        "    apart = replace(DEFAULT, engine=replace(DEFAULT.engine, subproblem_demands=1))\n"
        "    one, two = (solve(problem, Options(processes=n, parameters=apart)) for n in (1, 2))\n"
        "    print(one == two, len(two.demands))\n"
    )
    assert run([script], tmp_path, PYTHONPATH=str(site)) == "True 5\n"


def test_it_is_only_the_solver(site: Path) -> None:
    """All of its packages, with types and schemas."""
    package, source = site / "tongchou_solver", ROOT / "solver"
    assert {path.name for path in site.iterdir() if path.suffix != ".dist-info"} == {"bin", "tongchou_solver"}
    assert (package / "py.typed").exists()
    assert files_of(package) == files_of(source)


def files_of(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.suffix in (".py", ".json")}


def test_its_metadata_are_those_of_the_project() -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    alone = tomllib.loads((ROOT / "solver/pyproject.toml").read_text())["project"]
    assert set(alone["dependencies"]) <= set(whole["dependencies"])
    assert (alone["version"], alone["requires-python"]) == (whole["version"], whole["requires-python"])
