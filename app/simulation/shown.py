"""The figures of one or more simulations as a table on the screen and as SVG charts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from app.catalog.types import Program
from app.core.i18n import money_text, number_text, share_text, translate
from app.simulation.summary import Summary
from app.web.kit.charts import Level, Line, line_chart, scale_for

Cell = Callable[[Summary, str], str]


def _count(of: Callable[[Summary], int]) -> Cell:
    return lambda summary, language: number_text(of(summary), language)


def _share(of: Callable[[Summary], float]) -> Cell:
    return lambda summary, language: share_text(of(summary), language)


def _ratio(of: Callable[[Summary], float]) -> Cell:
    return lambda summary, _language: f"{of(summary):.3f}"


ROWS: Sequence[tuple[str, Cell]] = (
    ("Plans approved at the first try", lambda one, _language: f"{one.approved_first_try} / {one.plans}"),
    ("Need on the last day over the first", _ratio(lambda one: one.need_last_over_first)),
    ("Units promised or sold twice", _count(lambda one: one.oversold_units)),
    ("Units accepted past their last day", _count(lambda one: one.used_past_expiry_units)),
    ("Items missing at key points, times days", _count(lambda one: one.stockout_days.get("1", 0))),
    ("Items missing at others, times days", _count(lambda one: sum(_others(one.stockout_days)))),
    ("Use that was not met, by value", _share(lambda one: one.unmet_use)),
    ("Lowest share of a facility", _share(lambda one: one.lowest_share)),
    ("Lowest share of a key point", _share(lambda one: one.lowest_share_key_points)),
    ("Mean share of the facilities", _share(lambda one: one.mean_share)),
    ("Gain from claiming too much", lambda one, _language: f"{one.inflation_gain:+.1%}"),
    ("Value that spoiled", lambda one, language: money_text(one.spoiled_fen, language)),
    ("Transfer orders shipped", _count(lambda one: one.transfer_orders)),
    ("Trips", _count(lambda one: one.trips)),
    ("Kilometres a day", _count(lambda one: one.kilometres_a_day)),
)


def _others(stockouts: Mapping[str, int]) -> Iterator[int]:
    return (days for tier, days in stockouts.items() if tier != "1")


def table_lines(summaries: Sequence[Summary], language: str) -> Iterator[str]:
    """A row for each figure, a column for each rule."""
    heads = [translate(f"rule.{one.rule}", language) for one in summaries]
    rows = [
        ("", heads),
        *((translate(name, language), [cell(one, language) for one in summaries]) for name, cell in ROWS),
    ]
    first = max(_width(name) for name, _ in rows)
    widths = [max(_width(cells[n]) for _, cells in rows) for n in range(len(summaries))]
    for name, cells in rows:
        padded = (" " * (width - _width(cell)) + cell for cell, width in zip(cells, widths, strict=True))
        yield name + " " * (first - _width(name)) + "  " + "  ".join(padded)


def _width(content: str) -> int:
    """Columns on a screen: Chinese signs take two."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in content)


def charts(summaries: Sequence[Summary], language: str) -> Iterator[tuple[str, str]]:
    """File names and SVG pictures: use that was not met, items missing at key points, and need beside true need."""
    for program in Program:
        yield f"unmet-use-{program.value}.svg", _unmet_chart(summaries, program, language)
        yield f"key-points-{program.value}.svg", _key_point_chart(summaries, program, language)
        yield f"need-{program.value}.svg", _need_chart(summaries, program, language)


Values = list[tuple[date, float | None]]


def _by_day(summary: Summary, program: Program, of: Callable[[Mapping[str, object]], float]) -> Values:
    rows = (row for row in summary.by_day if row["program"] == program.value)
    return [(date.fromisoformat(str(row["day"])), of(row)) for row in rows]


def _lines(
    summaries: Sequence[Summary], program: Program, language: str, of: Callable[[Mapping[str, object]], float]
) -> list[Line]:
    return [
        Line(translate(f"rule.{one.rule}", language), _by_day(one, program, of), strong=one.rule == "tongchou")
        for one in summaries
    ]


def _reached(lines: Sequence[Line]) -> list[float]:
    return [value for one in lines for _, value in one.values if value is not None]


def _unmet_chart(summaries: Sequence[Summary], program: Program, language: str) -> str:
    lines = _lines(summaries, program, language, lambda row: float(str(row["unmet_use"])))
    scale = scale_for([*_reached(lines), 0.01], lambda share: f"{share:.0%}", whole=False)
    title = translate("Use that was not met, by value", language)
    return line_chart(lines, title=_titled(title, program, language), scale=scale).wide


def _key_point_chart(summaries: Sequence[Summary], program: Program, language: str) -> str:
    def missing(row: Mapping[str, object]) -> float:
        stockouts = row["stockouts"]
        assert isinstance(stockouts, dict)
        return float(stockouts.get("1", 0))

    lines = _lines(summaries, program, language, missing)
    scale = scale_for([*_reached(lines), 1], lambda count: number_text(count, language))
    title = translate("Items missing at key points", language)
    return line_chart(lines, title=_titled(title, program, language), scale=scale).wide


def _need_chart(summaries: Sequence[Summary], program: Program, language: str) -> str:
    lines = _lines(summaries, program, language, lambda row: float(str(row["need_over_true_need"])))
    levels = [Level(translate("true need", language), 1.0)]
    scale = scale_for([*_reached(lines), 1.0], lambda ratio: f"{ratio:.1f}", whole=False)
    title = translate("Need as it is asked for, over true need", language)
    return line_chart(lines, title=_titled(title, program, language), scale=scale, levels=levels).wide


def _titled(title: str, program: Program, language: str) -> str:
    return f"{title} · {translate(f'program.{program.value}', language)}"
