"""`tongchou list-to-workbook LIST`: a public list of hospitals or clinics as a city workbook."""

import argparse
from pathlib import Path

from app.commands.language import terminal_language
from app.core.i18n import LANGUAGES, translate
from app.interop.city.kinds_places import FACILITIES, WAREHOUSES, ZONES
from app.interop.city.place_lists import AREAS, FEVER_CLINIC, ListRule, places_of_list, positions_of
from app.interop.city.workbook import city_workbook
from app.interop.sheets.files import read_file


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Writes the zones and facilities of a list with the columns province, city, county and name (and, where there "
        "are, is_designated, address, beds, longitude and latitude) as a city workbook, to be looked through and "
        "loaded with `tongchou load-city` after a starter. Nothing is entered."
    )
    command.add_argument("file", type=Path, metavar="LIST", help="the list: .csv or a workbook")
    command.add_argument("--province", help="only this province (or state), as the list writes it; else all of it")
    command.add_argument(
        "--areas", default=",".join(AREAS), help="the list's columns of areas, the largest first: State,County"
    )
    command.add_argument(
        "--type", default=FEVER_CLINIC, metavar="CODE", help="facility type of places that are not designated"
    )
    command.add_argument(
        "--store", action="append", default=[], metavar="ZONE", help="a made-up store in this zone; may be given again"
    )
    command.add_argument("--coordinates", type=Path, metavar="FILE", help="city,county,longitude,latitude of zones")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where to: city.xlsx")
    command.add_argument("--lang", choices=LANGUAGES, help="language of headings and words (default: by LANG)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: the workbook is written; 1: the list has no place of this province."""
    language = options.lang or terminal_language("zh-CN")
    positions = {}
    if options.coordinates is not None:
        positions = positions_of(read_file(options.coordinates), options.coordinates.name)
    areas = [name.strip() for name in options.areas.split(",") if name.strip()]
    rule = ListRule(areas=areas, within=options.province, facility_type=options.type, stores=options.store)
    listed = places_of_list(read_file(options.file), options.file.name, rule, positions)
    facilities, zones = len(listed.city["facilities"]), listed.city["zones"]
    if facilities:
        options.output.write_bytes(city_workbook(listed.city, language, [ZONES, FACILITIES, WAREHOUSES]))
    message = "{facilities} facilities in {zones} zones, {placed} of them with coordinates; {repeated} named twice."
    placed = sum(zone["longitude_e6"] is not None for zone in zones)
    print(
        translate(message, language, facilities=facilities, zones=len(zones), placed=placed, repeated=listed.repeated)
    )
    return 0 if facilities else 1
