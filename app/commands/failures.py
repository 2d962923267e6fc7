"""Runs a command, and says in one line each what stopped it."""

import argparse
import sys

from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from app.commands.language import terminal_language
from app.core.errors import ServiceError
from app.core.i18n import translate
from app.core.trail import acting_from


def run_command(options: argparse.Namespace) -> int:
    """The command's exit code; 1 where it was refused or the database failed, 2 where a setting is wrong."""
    try:
        with acting_from(f"command {options.command}"):
            code: int = options.run(options)
    except ServiceError as error:
        language = terminal_language("en")
        for fault in error.faults:
            text = translate(fault.message, language, **fault.params)
            _tell(f"{fault.where}: {text}" if fault.where else text)
        if not error.faults:
            _tell(translate(error.title, language))
        return 1
    except ValidationError as error:
        for one in error.errors():
            name = "_".join(str(part) for part in one["loc"]).upper()
            _tell(f"setting TONGCHOU_{name}: {one['msg'].removeprefix('Value error, ')}")
        return 2
    except DBAPIError as error:
        _tell(f"the database cannot be used: {str(error.orig).splitlines()[0]}")
        return 1
    except CommandError as error:
        _tell(f"the database cannot be migrated: {error}")
        return 1
    except OSError as error:
        _tell(error)
        return 1
    return code


def _tell(what: object) -> None:
    print(f"tongchou: {what}", file=sys.stderr)
