"""The command line: `tongchou COMMAND`."""

import argparse
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version

COMMANDS: Mapping[str, str] = {
    "demo": "load Zhuzhou of January 2020, compute a plan, print it, serve the pages",
    "serve": "serve the API and the pages",
    "worker": "compute plans in the background; any number, on any machine",
    "metrics": "figures for Prometheus, on a port of their own",
    "migrate": "bring the database to the newest revision",
    "backup": "write the whole database to one file while the service goes on",
    "restore": "fill an empty database from a backup, and prove it",
    "check": "prove that the ledger, funds, orders and the audit trail add up",
    "create-admin": "make the first administrator's account",
    "create-accounts": "make accounts from a sheet of names, roles and places",
    "reset-password": "give an account a new password that its owner must replace, and end its lock-out",
    "city-workbook": "write the workbook by which a city is set up",
    "load-city": "enter a city from its workbook, all or nothing",
    "list-to-workbook": "turn a public list of hospitals into a city workbook",
    "propose-lanes": "propose lanes from coordinates, and enter them",
    "check-city": "tell what is missing before the first plan",
    "import-needs": "read needs from a JSON file or a sheet",
    "audit": "prove the audit trail, export it, sign its head",
    "simulate": "let the sample's city live for a fortnight, by this service's rule or another one",
    "forecast": "forecast a daily or weekly series of quantities or prices",
}
"""Each command with its line of help. Its module in `app.commands` has its name with `_` for `-`, and a function
`register(parser)` that adds its arguments and sets `run`, which takes the options and answers the exit code."""


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """All commands with their options; or with the options of one only, whose module alone is imported.

    The modules import the solver, the web framework and the database layer, which takes seconds.
    """
    parser = argparse.ArgumentParser(
        prog="tongchou", description="Tongchou 统筹: fair, explained allocation of supplies in an epidemic."
    )
    parser.add_argument("--version", action="version", version=f"tongchou {version('tongchou')}")
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    for name, told in COMMANDS.items():
        command = commands.add_parser(name, help=told)
        if only is None or name == only:
            import_module(f"app.commands.{name.replace('-', '_')}").register(command)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what was asked, 1 when it was refused, 2 for bad usage."""
    given = sys.argv[1:] if arguments is None else arguments
    options = build_parser(only=given[0] if given else "").parse_args(given)
    from app.commands.failures import run_command

    return run_command(options)


if __name__ == "__main__":
    sys.exit(main())
