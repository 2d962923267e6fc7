"""Pages of needs: handed in by form or Excel, reviewed beside norm and stock, counted, and missed."""

from collections.abc import Sequence

from fastapi import APIRouter

from app.web.needs.census import router as census
from app.web.needs.entry import router as entry
from app.web.needs.gaps import router as gaps
from app.web.needs.lists import router as lists
from app.web.needs.showing import router as showing
from app.web.needs.start import router as start
from app.web.needs.upload import router as upload

# The fixed addresses below /requisitions come before the one with a code.
NEEDS_PAGES: Sequence[APIRouter] = (start, lists, entry, upload, showing, census, gaps)
