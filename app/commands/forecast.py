"""`tongchou forecast FILE`: a forecast of a series of quantities or prices, with its back-test."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from app.core.errors import ServiceError
from app.core.i18n import LANGUAGES, choose_language, number_text, share_text, translate
from app.core.settings import Settings
from app.forecasting import HORIZON_DAYS_MAX, Backtest, Forecast, Kind, Note, Refusal, forecast
from app.interop.errors import UnreadableFileError
from app.interop.series_table import read_series

FAULTS_SHOWN = 20
DIGITS = 10


def _horizon(text: str) -> int:
    days = int(text)
    if not 1 <= days <= HORIZON_DAYS_MAX:
        raise ValueError(text)
    return days


_horizon.__name__ = f"number of days (1 to {HORIZON_DAYS_MAX})"


def _day(text: str) -> date:
    return date.fromisoformat(text)


_day.__name__ = "day (2020-01-31)"


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Reads the columns day and value, forecasts the days after the last value with an interval for "
        "nine cases of ten, and shows how the same procedure did before beside seasonal naive. A series that cannot be "
        "forecast is answered with the reason."
    )
    command.add_argument("file", type=Path, help=".csv or .xlsx with the columns day and value")
    command.add_argument("--kind", type=Kind, choices=list(Kind), required=True, help="what the values are")
    command.add_argument("--days", type=_horizon, default=7, help="days ahead (default: 7)")
    command.add_argument(
        "--today",
        type=_day,
        metavar="DAY",
        help="the present day: a last value more than 3 days older is refused, and the forecast begins after it "
        "(default: the day of the last value)",
    )
    command.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    command.add_argument("--lang", choices=LANGUAGES, help="language of what is printed (default: LANG)")
    command.set_defaults(run=run, parser=command)


def run(options: argparse.Namespace) -> int:
    """0: answered, be it with a refusal; 1: faults in the file, a line each; 2: unreadable file or wrong usage."""
    language = options.lang or choose_language(os.environ.get("LANG"), Settings().default_language)
    try:
        series = read_series(options.file, options.kind)
    except ServiceError as error:
        _tell(error, language)
        return 2 if isinstance(error, UnreadableFileError) else 1
    if options.today is not None and options.today < series.last_day:
        options.parser.error(f"--today {options.today}: there are values of {series.last_day}")
    answer = forecast(series, options.kind, days=options.days, today=options.today)
    if options.json:
        print(json.dumps(_document(answer, options.kind, language), ensure_ascii=False, indent=1))
    else:
        for line in _lines(answer, language):
            print(line)
    return 0


def _tell(error: ServiceError, language: str) -> None:
    """A line for each fault: row and column, then what is wrong."""
    for fault in error.faults[:FAULTS_SHOWN]:
        place = fault.where
        match place.split("."):
            case ["rows", row, column] if not column.isdigit():
                place = translate("row {row}, column {column}", language, row=row, column=column)
            case ["rows", row, *_]:
                place = translate("row {row}", language, row=row)
        print(f"tongchou: {place}: {translate(fault.message, language, **fault.params)}", file=sys.stderr)
    if len(error.faults) > FAULTS_SHOWN:
        more = translate("… and {count} more faults.", language, count=len(error.faults) - FAULTS_SHOWN)
        print(f"tongchou: {more}", file=sys.stderr)


def _text(said: Note | Refusal, language: str) -> str:
    return translate(said.message, language, **said.params)


def _rounded(value: float) -> float:
    """Without the last digits, which are noise of the logarithms: a price of 3.88 stays 3.88."""
    return float(f"{value:.{DIGITS}g}")


def _document(answer: Forecast | Refusal, kind: Kind, language: str) -> dict[str, Any]:
    if isinstance(answer, Refusal):
        return {
            "refused": _text(answer, language),
            "refused_code": answer.code,
            "kind": kind,
            "method": None,
            "points": [],
            "backtest": None,
            "notes": [],
        }
    return {
        "refused": None,
        "refused_code": None,
        "kind": kind,
        "method": answer.method,
        "points": [
            {"day": str(one.day), "point": _rounded(one.point), "low": _rounded(one.low), "high": _rounded(one.high)}
            for one in answer.points
        ],
        "backtest": _backtest_document(answer.backtest),
        "notes": [{"code": note.code, "text": _text(note, language)} for note in answer.notes],
    }


def _backtest_document(backtest: Backtest) -> dict[str, Any]:
    measures: Mapping[str, float | None] = {
        "mase": backtest.mase,
        "mase_seasonal_naive": backtest.mase_seasonal_naive,
        "mase_naive": backtest.mase_naive,
        "coverage": backtest.coverage,
    }
    return {
        "origins": backtest.origins,
        **{name: None if value is None else round(value, 4) for name, value in measures.items()},
        "log_errors": {method: round(error, 6) for method, error in backtest.log_errors.items()},
    }


def _lines(answer: Forecast | Refusal, language: str) -> Iterator[str]:
    if isinstance(answer, Refusal):
        yield translate("Not forecast: {reason}", language, reason=_text(answer, language))
        return
    yield translate("Method: {method}", language, method=translate(f"method.{answer.method}", language))
    shown = [
        (str(one.day), *(number_text(value, language, decimals=2) for value in (one.point, one.low, one.high)))
        for one in answer.points
    ]
    width = max(len(text) for row in shown for text in row[1:])
    yield translate("Day, forecast, and the interval that holds nine of ten:", language)
    for day, point, low, high in shown:
        yield f"  {day}  {point:>{width}}  {low:>{width}} … {high:>{width}}"
    yield from _backtest_lines(answer.backtest, language)
    for note in answer.notes:
        yield _text(note, language)


def _backtest_lines(backtest: Backtest, language: str) -> Iterator[str]:
    if backtest.mase is not None and backtest.mase_seasonal_naive is not None:
        yield translate(
            "Back-test at {origins} earlier origins: scaled error {mase}, seasonal naive {naive}.",
            language,
            origins=backtest.origins,
            mase=f"{backtest.mase:.3f}",
            naive=f"{backtest.mase_seasonal_naive:.3f}",
        )
    if backtest.coverage is not None:
        share = share_text(backtest.coverage, language)
        yield translate("Of the later values {share} lay inside the interval.", language, share=share)
