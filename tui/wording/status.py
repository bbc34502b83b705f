"""How each status looks, on the command line and in the workbench: a glyph of one cell, its ASCII twin, a word."""

import os
import sys
from typing import NamedTuple


class Look(NamedTuple):
    """Glyph, its ASCII twin, the word beside it, and the SGR colour (ECMA-48) of both on the command line."""

    glyph: str
    ascii: str
    word: str
    colour: str


LOOKS: dict[str, Look] = {
    "succeeded": Look("✓", "+", "ok", "32"),
    "failed": Look("✗", "x", "failed", "1;31"),
    "running": Look("▶", ">", "running", "1;34"),
    "preparing": Look("▷", "~", "preparing", "34"),
    "queued": Look("◌", ".", "queued", "2"),
    "waiting": Look("◌", ".", "waiting", "2"),
    "reused": Look("≡", "=", "reused", "36"),
    "up_to_date": Look("≡", "=", "up to date", "36"),
    "not_run": Look("⊘", "-", "not run", "2"),
    "not_selected": Look("⊘", "-", "not selected", "2"),
    "stale": Look("●", "*", "stale", "33"),
    "cancelled": Look("■", "#", "cancelled", "35"),
    "unknown": Look("·", "?", "", "2"),
}


def glyph(status: str, ascii_only: bool = False) -> str:
    """One cell that stands for `status`."""
    look = LOOKS[status]
    return look.ascii if ascii_only else look.glyph


def word(status: str) -> str:
    """The word for `status`."""
    return LOOKS[status].word


def wants_ascii() -> bool:
    """Whether text must stay ASCII: asked for by MLPW_ASCII, or by a terminal that takes nothing else."""
    asked = os.environ.get("MLPW_ASCII", "")
    if asked:
        return asked not in ("0", "no", "false")
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "").replace("_", "")
    return encoding not in ("utf8", "utf16", "utf32", "gb18030")
