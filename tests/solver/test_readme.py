"""The README of the solver: its example is short and prints what it says; the modules that it names are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "solver/README.md").read_text()


def test_the_example_prints_what_is_said() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(code.splitlines()) <= 15
    (told,) = re.findall(r"It prints `(.*?)`:", README)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == told


def test_every_module_that_is_named_is_there() -> None:
    (table,) = re.findall(r"## Methods\n(.*?)\n## ", README, re.DOTALL)
    package = ""
    for cell in re.findall(r"^\|[^|]*\|([^|]*)\|", table, re.MULTILINE)[2:]:
        for name in re.findall(r"`([a-z_.]+)`", cell):
            package = name.split(".")[0] if "." in name or (ROOT / "solver" / name).is_dir() else package
            path = ROOT / "solver" / (name.replace(".", "/") if "." in name else name)
            inside = ROOT / "solver" / package / name
            assert path.is_dir() or path.with_suffix(".py").exists() or inside.with_suffix(".py").exists(), name
