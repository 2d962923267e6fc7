"""How long does a sheet of 10,000 needs take? ``python -m benchmarks.sheets``.

A workbook as counties send it (titles, two kinds of days, units in boxes and cartons, names with blanks and brackets,
a total, some rows that must be listed) is read alone, and then entered with `tongchou import-needs --into-database`
into SQLite with the sample's city. Seconds are of the processor, the child process that reads the workbook included.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter
from sqlalchemy import select

from app.commands.demo import demo_clock
from app.core.database import Database
from app.core.settings import Settings
from app.facilities.models import Facility
from app.interop.names import shipped_names
from app.interop.needs_table import read_need_table
from app.interop.sheets.need_rows import ItemFacts
from app.sample.city import read_city
from app.sample.steps import play
from migrations.run import upgrade

REPORT = date(2020, 1, 31)
ITEMS = (
    ("医用外科口罩", "箱", 2), ("医用防护口罩", "只", 300), ("医用 防护服", "件", 50), ("护目镜", "副", 20),
    ("检查手套", "盒", 10), ("一次性医用帽", "个", "1,200"), ("84消毒液(500毫升)", "瓶", "200瓶"),
    ("红外额温计", "个", "三"), ("隔离衣", "件", "约50"), ("KN95口罩", "只", "1万"), ("防护面屏", "个", 40),
)  # fmt: skip
"""One of these, every eleventh, can only be listed."""


def write_sheet(path: Path, facilities: Sequence[str], rows: int) -> None:
    """A workbook of so many needs, no facility asking for one item by one day twice."""
    with xlsxwriter.Workbook(path) as book:
        sheet, day_format = book.add_worksheet("需求"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write(0, 0, "各单位物资需求汇总表")
        sheet.write_row(2, 0, ["序号", "机构", "物资名称", "规格", "单位", "需求数量", "需用日期", "备注"])
        for n in range(rows):
            item, unit, quantity = ITEMS[n % len(ITEMS)]
            turn, place = divmod(n // len(ITEMS), len(facilities))
            day = REPORT + timedelta(days=1 + turn)
            sheet.write_row(n + 3, 0, [n + 1, facilities[place], item, "详见附件", unit, quantity])
            if n % 2:
                sheet.write_datetime(n + 3, 6, day, day_format)
            else:
                sheet.write(n + 3, 6, f"{day.month}月{day.day}日")
        sheet.write(rows + 3, 1, "合计")


def cpu_seconds() -> float:
    """Seconds of the processor that this process and its ended children took."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def read_alone(path: Path) -> tuple[float, int]:
    """Seconds to read the workbook, and the needs that were found."""
    names = shipped_names()
    facts = {code: ItemFacts(code=code) for code in names.table.values()}
    before = cpu_seconds()
    file = read_need_table(path, names, facts, near=REPORT)
    return cpu_seconds() - before, len(file.needs)


def enter(path: Path, database_url: str) -> tuple[float, str]:
    """Seconds of the whole command with the start of the program, and what it says."""
    before = cpu_seconds()
    command = [sys.executable, "-m", "app", "import-needs", str(path), "--into-database", "--lang", "en"]
    command += ["--start", REPORT.isoformat(), "--listed", str(path.with_suffix(".listed.csv"))]
    environment = os.environ | {"TONGCHOU_DATABASE_URL": database_url}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return cpu_seconds() - before, (run.stdout + run.stderr)[-4000:]


def make_city(database_url: str) -> list[str]:
    """A database with the sample's city and nothing else; the names of those that ask for medical supplies."""
    settings = Settings(database_url=database_url)
    database = Database(settings)
    try:
        upgrade(database.engine)
        with database.write() as session:
            play(session, [read_city().step()], demo_clock(settings))
            rows = session.scalars(select(Facility).order_by(Facility.id)).unique()
            return [one.name_zh for one in rows if one.facility_type.code in ("hospital", "fever_clinic")]
    finally:
        database.close()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    rows: int = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="tongchou-") as folder:
        url = f"sqlite:///{folder}/city.sqlite"
        facilities = make_city(url)
        path = Path(folder) / "needs.xlsx"
        write_sheet(path, facilities, rows)
        seconds, found = read_alone(path)
        print(f"{rows} rows, {len(facilities)} facilities, {path.stat().st_size / 1024:.0f} kB")
        print(f"read alone:                    {seconds:6.1f} s of CPU, {found} needs")
        seconds, said = enter(path, url)
        print(f"import-needs --into-database:  {seconds:6.1f} s of CPU")
        print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
