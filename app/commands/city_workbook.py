"""`tongchou city-workbook -o FILE`: everything that a city enters before its first plan, as one workbook."""

import argparse
from pathlib import Path

from app.commands.language import terminal_language
from app.core.database import Database
from app.core.i18n import LANGUAGES, translate
from app.core.settings import Settings
from app.interop.city.present import present_city
from app.interop.city.starters import Starter, starter_city
from app.interop.city.workbook import city_workbook, empty_city
from app.sample.city import read_city

SAMPLE = "zhuzhou"


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Writes a workbook with a sheet each for zones, facilities, items, norms, lanes and so on: filled with what "
        "the database holds, or with a starter. Fill it in and load it with `tongchou load-city`."
    )
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where to: city.xlsx")
    starters = [*(one.value for one in Starter), SAMPLE]
    command.add_argument(
        "--starter", choices=starters, help=f"begin with this, not the database ({SAMPLE}: the sample)"
    )
    command.add_argument("--lang", choices=LANGUAGES, help="language of headings and words (default: by LANG)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: the workbook is written."""
    settings = Settings()
    language = options.lang or terminal_language("zh-CN")
    if options.starter == SAMPLE:
        city = dict(empty_city()) | read_city().rows()
    elif options.starter is not None:
        city = starter_city(Starter(options.starter))
    else:
        database = Database(settings)
        try:
            with database.read() as session:
                city = dict(present_city(session))
        finally:
            database.close()
    options.output.write_bytes(city_workbook(city, language))
    rows = sum(map(len, city.values()))
    print(translate("{rows} rows written to {file}.", language, rows=rows, file=options.output))
    return 0
