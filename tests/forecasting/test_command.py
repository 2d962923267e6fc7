"""`tongchou forecast`: the answer, the faults of files, the exit codes."""

import json
import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from app.__main__ import main
from tests.forecasting.shapes import walking_price, weekly_sales

FIRST_DAY = date(2019, 3, 4)


def write(path: Path, values: list[float], header: str = "day,value") -> Path:
    rows = [f"{FIRST_DAY + timedelta(days=at)},{value!r}" for at, value in enumerate(values)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_the_answer_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "sales.csv", weekly_sales(250, 1).tolist())
    assert main(["forecast", str(file), "--kind", "quantity", "--days", "7", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["refused"] is None
    assert answer["method"] in ("mean_of_three", "four_week_mean", "seasonal_naive")
    assert [set(one) for one in answer["points"]] == [{"day", "point", "low", "high"}] * 7
    assert answer["points"][0]["day"] == str(FIRST_DAY + timedelta(days=250))
    assert all(0 < one["low"] <= one["point"] <= one["high"] for one in answer["points"])
    assert answer["backtest"]["mase"] < answer["backtest"]["mase_seasonal_naive"]
    assert 0.5 < answer["backtest"]["coverage"] <= 1


def test_shuffled_rows_have_the_same_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "sales.csv", weekly_sales(100, 2).tolist())
    header, *rows = file.read_text(encoding="utf-8").splitlines()
    random.Random(1).shuffle(rows)
    shuffled = tmp_path / "shuffled.csv"
    shuffled.write_text("\n".join([header + ",note", *(row + ",x" for row in rows)]), encoding="utf-8")
    answers = []
    for path in (file, file, shuffled):
        assert main(["forecast", str(path), "--kind", "quantity", "--json"]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1] == answers[2]


def test_a_price_keeps_its_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "price.csv", [3.5] * 60 + [3.88] * 60)
    assert main(["forecast", str(file), "--kind", "price", "--json"]) == 0
    points = json.loads(capsys.readouterr().out)["points"]
    assert [one["point"] for one in points] == [3.88] * 7


def test_the_answer_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "price.csv", walking_price(200, 3).tolist())
    assert main(["forecast", str(file), "--kind", "price", "--days", "3", "--lang", "zh-CN"]) == 0
    chinese = capsys.readouterr().out
    assert "回测" in chinese
    assert main(["forecast", str(file), "--kind", "price", "--days", "3", "--lang", "en"]) == 0
    english = capsys.readouterr().out
    assert "seasonal naive" in english
    for text in (chinese, english):
        assert [str(FIRST_DAY + timedelta(days=200 + step)) in text for step in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("as_json", [True, False])
def test_a_refusal_is_an_answer_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    file = write(tmp_path / "short.csv", weekly_sales(30, 4).tolist())
    assert main(["forecast", str(file), "--kind", "quantity", "--lang", "en", *["--json"][: int(as_json)]]) == 0
    out = capsys.readouterr().out
    reason = "The series covers 30 days; at least 56 are needed."
    if as_json:
        answer = json.loads(out)
        assert (answer["refused"], answer["refused_code"], answer["points"]) == (reason, "too_short", [])
    else:
        assert reason in out


def test_the_present_day_makes_a_value_old(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "sales.csv", weekly_sales(90, 5).tolist())
    last = FIRST_DAY + timedelta(days=89)
    command = ["forecast", str(file), "--kind", "quantity", "--json", "--today"]
    assert main([*command, str(last + timedelta(days=4))]) == 0
    assert json.loads(capsys.readouterr().out)["refused_code"] == "too_old"
    with pytest.raises(SystemExit) as stopped:
        main([*command, str(last - timedelta(days=1))])
    assert stopped.value.code == 2


FAULTY = {
    "missing column": ("day,price_level\n2020-01-01,3\n", 1, ["row 1", "value"]),
    "bad day": ("day,value\n2020-02-30,3\n", 1, ["row 2, column day"]),
    "repeated day": ("day,value\n2020-01-01,3\n2020/1/1,4\n", 1, ["row 3, column day", "row 2"]),
    "negative": ("day,value\n2020-01-01,-3\n", 1, ["row 2, column value"]),
    "not finite": ("day,value\n2020-01-01,NaN\n2020-01-02,1e999\n", 1, ["row 2, column value", "row 3, column value"]),
    "not a number": ("day,value\n2020-01-01,about 3\n", 1, ["row 2, column value", "about 3"]),
    "price of zero": ("day,value\n2020-01-01,0\n", 1, ["row 2, column value"]),
    "only a header": ("day,value\n", 1, ["row 2"]),
    "only gaps": ("day,value\n2020-01-01,\n", 1, ["row 2"]),
    "empty": ("", 2, ["series.csv"]),
    "wrong encoding": (b"day,value\n2020-01-01,\xff\xff\n", 2, ["series.csv"]),
    "broken quotes": ('day,value\n"2020-01-01,3\n', 2, ["series.csv"]),
}


@pytest.mark.parametrize(("content", "code", "said"), FAULTY.values(), ids=FAULTY)
def test_a_bad_file_is_told_in_a_line_a_fault(
    content: str | bytes, code: int, said: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "series.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    assert main(["forecast", str(file), "--kind", "price", "--json", "--lang", "en"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert all(line.startswith("tongchou: ") for line in lines)
    assert len(lines) == max(1, sum("row" in one for one in said[:1]) + ("row 3" in said[-1]))
    for text in said:
        assert text in captured.err


def test_many_faults_end_with_their_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "bad.csv", [-1.0] * 30)
    assert main(["forecast", str(file), "--kind", "price", "--lang", "en"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21
    assert "10 more" in lines[-1]


def test_an_absent_file_a_folder_and_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forecast", str(tmp_path / "none.csv"), "--kind", "price"]) == 2
    assert main(["forecast", str(tmp_path), "--kind", "price"]) == 2
    for arguments in (
        ["--kind", "weight"],
        ["--kind", "price", "--days", "0"],
        ["--kind", "price", "--days", "92"],
        [],
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["forecast", "x.csv", *arguments])
        assert stopped.value.code == 2


def test_a_sheet_is_read_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "prices.xlsx"
    with xlsxwriter.Workbook(str(file)) as workbook:
        sheet, day_format = workbook.add_worksheet(), workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["日期", "价格"])
        for row, price in enumerate(walking_price(80, 6), start=1):
            sheet.write_datetime(row, 0, FIRST_DAY + timedelta(days=row), day_format)
            sheet.write_number(row, 1, price)
    assert main(["forecast", str(file), "--kind", "price", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["points"][0]["day"] == str(FIRST_DAY + timedelta(days=81))


def test_help_lists_the_command() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "app", "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "forecast" in shown
