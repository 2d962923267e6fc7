"""XML parts of an archive, read element by element, without ever holding a part as a whole."""

import zipfile
from collections.abc import Callable
from xml.parsers import expat

from app.interop.sheets.child.limits import PARTS_MAX, UNPACKED_BYTES_MAX, RefusedError

CHUNK_BYTES = 1 << 16

Attributes = dict[str, str]


def check_archive(archive: zipfile.ZipFile) -> None:
    """Refuse an archive with too many parts, or parts that say that they are too large."""
    parts = archive.infolist()
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
        raise RefusedError("too_large_unpacked")


def new_parser(start: Callable[[str, Attributes], None]) -> expat.XMLParserType:
    """A parser that calls `start` for each element; document types, with which entities are made, are refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_arguments: object) -> None:
    raise RefusedError("not_a_sheet")


def parse_part(archive: zipfile.ZipFile, part: str, parser: expat.XMLParserType) -> None:
    """Run the parser over a part; what unpacks to more than it said ends here."""
    left = UNPACKED_BYTES_MAX
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise RefusedError("too_large_unpacked")
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def local(name: str) -> str:
    """The name of an element or attribute without its prefix."""
    return name.rpartition(":")[2]


def local_attributes(attributes: Attributes) -> Attributes:
    """Attributes by their names without prefixes."""
    return {local(name): value for name, value in attributes.items()}
