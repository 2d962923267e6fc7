"""The command line itself: what is told at once, and what is imported for it."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from app.__main__ import COMMANDS, main

HEAVY = {"fastapi", "sqlalchemy", "numpy", "pulp", "babel", "pydantic"}


@pytest.mark.parametrize("option", ["--help", "--version", ""])
def test_help_and_version_import_no_command(option: str) -> None:
    code = f"import sys\nfrom app.__main__ import main\ntry:\n    main({[option] if option else []!r})\n"
    code += f"except SystemExit:\n    print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stderr.splitlines()[-1] == "[]"


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"tongchou {version('tongchou')}\n"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_tells_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: tongchou {name}")


def test_an_unknown_command_is_named_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["alocate"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "alocate" in told
    assert all(name in told for name in COMMANDS)
