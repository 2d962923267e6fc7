"""The language in which a command speaks."""

import os

from app.core.i18n import choose_language


def terminal_language(default: str) -> str:
    """That of the terminal (`LC_ALL`, else `LANG`), where it is one of the service's; else the default."""
    return choose_language(os.environ.get("LC_ALL") or os.environ.get("LANG"), default)
