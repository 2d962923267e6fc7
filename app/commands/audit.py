"""`tongchou audit verify | export FILE | head`: the audit trail proven, taken out, and its head signed."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from app.audit.export import export_records, read_head
from app.audit.signing import head_from_json, public_key_of, sign_head, signing_key
from app.audit.verify import verify_trail
from app.commands.language import terminal_language
from app.core.clock import Clock
from app.core.database import Database
from app.core.i18n import number_text, translate
from app.core.settings import Settings

FAULTS_SHOWN_MAX = 100


def register(audit: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    actions = audit.add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser(
        "verify", help="find records changed, removed, put in, reordered or cut off; exits 1 when there are any"
    )
    verify.add_argument(
        "--head",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a head exported earlier: finds also that the whole trail was rewritten; may be repeated",
    )
    verify.set_defaults(act=_verify)
    export = actions.add_parser("export", help="write all records to a JSON Lines file")
    export.add_argument("file", type=Path)
    export.set_defaults(act=_export)
    head = actions.add_parser("head", help="print the signed head; keep it where nobody of the service can write")
    head.set_defaults(act=_head)
    audit.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: done, the trail is whole; 1: it is not, or refused; 2: a file cannot be read or written."""
    settings = Settings()
    language = terminal_language(settings.default_language)
    database = Database(settings)
    try:
        code: int = options.act(options, settings, database, language)
    except OSError as error:
        print(f"tongchou: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    finally:
        database.close()
    return code


def _verify(options: argparse.Namespace, settings: Settings, database: Database, language: str) -> int:
    public_key = public_key_of(signing_key(settings)) if options.head else ""
    heads = [
        head_from_json(path.read_text(encoding="utf-8", errors="replace"), public_key=public_key)
        for path in options.head
    ]
    found = 0
    for fault in verify_trail(database, heads):
        found += 1
        if found <= FAULTS_SHOWN_MAX:
            print(translate(fault.message, language, **fault.params))
    if found:
        count = number_text(found, language)
        print(translate("The audit trail is NOT whole: {count} findings.", language, count=count))
        return 1
    with database.read() as session:
        count = number_text(read_head(session).seq, language)
    print(translate("The audit trail is whole: {count} records.", language, count=count))
    if not heads:
        print(translate("Without an exported head (--head) a trail rewritten as a whole cannot be told.", language))
    return 0


def _export(options: argparse.Namespace, _settings: Settings, database: Database, language: str) -> int:
    head = export_records(database, options.file)
    message = "{count} records written to {file}; the last digest is {digest}."
    print(translate(message, language, count=number_text(head.seq, language), file=options.file, digest=head.digest))
    return 0


def _head(_options: argparse.Namespace, settings: Settings, database: Database, _language: str) -> int:
    with database.read() as session:
        head = read_head(session)
    now = Clock(settings.city_zone).now()
    print(json.dumps(asdict(sign_head(signing_key(settings), seq=head.seq, digest=head.digest, at=now)), indent=1))
    return 0
