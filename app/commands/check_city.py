"""`tongchou check-city`: what is missing before the first plan."""

import argparse

from app.commands.language import terminal_language
from app.core.database import Database
from app.core.i18n import LANGUAGES, translate
from app.core.settings import Settings
from app.interop.city.checklist import checklist, missing_needed


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = "Lists what a city needs before its first plan, and what of it is there."
    command.add_argument("--lang", choices=LANGUAGES, help="language of the report (default: by LANG)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: a plan can be computed; 1: something that it needs is missing."""
    settings = Settings()
    language = options.lang or terminal_language(settings.default_language)
    database = Database(settings)
    try:
        with database.read() as session:
            lines = checklist(session)
    finally:
        database.close()
    for line in lines:
        mark = "✓" if line.is_done else "✗" if line in missing_needed(lines) else "–"
        names = [pair[0] if language == "zh-CN" else pair[1] for pair in line.names]
        listed = f" ({translate(', ', language).join(names)})" if names else ""
        print(f"{mark} {translate(line.message, language, **line.params)}{listed}")
    return 1 if missing_needed(lines) else 0
