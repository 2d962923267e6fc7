"""`tongchou propose-lanes`: lanes from coordinates, for a city that has none yet."""

import argparse

from app.auth import Actor, Right
from app.commands.language import terminal_language
from app.core.clock import Clock
from app.core.database import Database
from app.core.i18n import LANGUAGES, translate
from app.core.settings import Settings
from app.core.work import Work
from app.facilities.lane_proposals import LaneProposalRule, enter_proposed, proposed_lanes

ACTOR = Actor.system("propose-lanes", {Right.CATALOG_WRITE})
SHOWN_MAX = 20


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Proposes lanes from the nearest warehouses by great circle times a road factor. Places without coordinates "
        "stand where their zone does. Lanes that are there stay as they are."
    )
    command.add_argument("--road-factor", type=float, default=1.3, help="kilometres of road in one of great circle")
    command.add_argument("--nearest", type=int, default=2, help="from so many of the nearest warehouses; 0: all")
    command.add_argument("--reach-km", type=int, default=0, help="no lane is longer; 0: no limit")
    command.add_argument("--only-without", action="store_true", help="only for facilities that no lane leads to")
    command.add_argument("--enter", action="store_true", help="enter them; otherwise they are only told")
    command.add_argument("--lang", choices=LANGUAGES, help="language of the report (default: by LANG)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: told, or entered."""
    settings = Settings()
    language = options.lang or terminal_language(settings.default_language)
    rule = LaneProposalRule(
        road_factor_permille=round(options.road_factor * 1000),
        nearest=options.nearest,
        reach_km=options.reach_km,
        only_without=options.only_without,
    )
    database = Database(settings)
    try:
        with database.write() as session:
            found = proposed_lanes(session, rule)
            told = [f"{one.warehouse.name_zh} → {one.facility.name_zh}: {one.km} km" for one in found.lanes[:SHOWN_MAX]]
            missing = [row.name_zh for row in found.no_position[:SHOWN_MAX]]
            if options.enter:
                enter_proposed(Work(session, ACTOR, Clock(settings.city_zone)), rule)
    finally:
        database.close()
    print("\n".join(told))
    message = "{count} lanes entered." if options.enter else "{count} lanes proposed; --enter enters them."
    print(translate(message, language, count=len(found.lanes)))
    if missing:
        message = "{count} places have no coordinates, nor has their zone: {names}"
        count = len(found.no_position)
        print(translate(message, language, count=count, names=translate(", ", language).join(missing)))
    return 0
