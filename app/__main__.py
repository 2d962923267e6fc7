"""The command line: `tongchou COMMAND`."""

import argparse
import sys

from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from app.commands import audit, create_admin, demo, forecast, import_needs, serve, worker
from app.core.errors import ServiceError
from app.core.trail import acting_from

COMMANDS = (demo, serve, worker, create_admin, import_needs, audit, forecast)


def build_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    parser = argparse.ArgumentParser(
        prog="tongchou", description="Tongchou 统筹: fair, explained allocation of supplies in an epidemic."
    )
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    for module in COMMANDS:
        module.register(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what was asked, 1 when it was refused, 2 for bad usage."""
    options = build_parser().parse_args(arguments)
    try:
        with acting_from(f"command {options.command}"):
            code: int = options.run(options)
    except ServiceError as error:
        for fault in error.faults:
            print(f"tongchou: {fault}", file=sys.stderr)
        if not error.faults:
            print(f"tongchou: {error.title}", file=sys.stderr)
        return 1
    except ValidationError as error:
        for one in error.errors():
            name = "_".join(str(part) for part in one["loc"])
            print(
                f"tongchou: setting TONGCHOU_{name.upper()}: {one['msg'].removeprefix('Value error, ')}",
                file=sys.stderr,
            )
        return 2
    except DBAPIError as error:
        print(f"tongchou: the database cannot be used: {str(error.orig).splitlines()[0]}", file=sys.stderr)
        return 1
    except CommandError as error:
        print(f"tongchou: the database cannot be migrated: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"tongchou: {error}", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
