"""Pictures of the real workbench on a workspace, as SVG, for the README: python -m bench.pictures WORKSPACE OUT.svg."""

import argparse
import asyncio
import html
import re
import time
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.pilot import Pilot

from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.session import Session

_PATIENCE = 60.0


async def take(workspace: Path, out: Path, size: tuple[int, int], keys: list[str], theme: str) -> None:
    """Open the workbench on `workspace` without a terminal, press `keys`, and write what it shows to `out`."""
    session = Session(workspace)
    app = Workbench(session, out.with_suffix(".view.json"))
    if theme:
        app.theme = theme
    async with app.run_test(size=size) as pilot:
        await _until_planned(pilot, app)
        await pilot.press(*keys)
        await pilot.pause(0.6)
        write_picture(app, out)
    session.close()


def write_picture(app: App[Any], out: Path) -> None:
    """What `app` shows, as a small SVG; the same screen gives the same bytes."""
    picture = _without_padding(app.export_screenshot(title="mlpw"))
    names = re.sub(r"terminal-\d+-", "t", picture)
    out.write_text(names.replace(_BLANK, "\N{NO-BREAK SPACE}"), encoding="utf-8")


_TEXT = re.compile(r'x="([0-9.]+)"( y="[0-9.]+") textLength="([0-9.]+)"([^>]*)>((?:&#160;)*)(.*?)((?:&#160;)*)</text>')
_FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)
_BLANK = "&#160;"


def _without_padding(svg: str) -> str:
    """Texts without blanks at their ends, which some viewers drop while they keep the length; no fonts to fetch."""

    def tightened(match: re.Match[str]) -> str:
        x, y, length, rest, before, text, after = match.groups()
        cells = cell_len(html.unescape(before + text + after))
        cell = float(length) / max(1, cells)
        left, right = len(before) // len(_BLANK), len(after) // len(_BLANK)
        kept = cells - left - right
        if kept <= 0:
            return f'x="{x}"{y}{rest}></text>'
        return f'x="{float(x) + left * cell:.1f}"{y} textLength="{kept * cell:.1f}"{rest}>{text}</text>'

    return _TEXT.sub(tightened, _FONT.sub("", svg)).replace("Fira Code", "DejaVu Sans Mono")


async def _until_planned(pilot: Pilot[int], app: Workbench) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        await pilot.pause(0.1)
        screen = app.screen
        if isinstance(screen, RunScreen) and (
            screen.scene.is_planned or (screen.scene.run and screen.scene.run.is_live)
        ):
            return
    raise TimeoutError("the workbench did not plan in time")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", default="120x36", help="columns x rows")
    parser.add_argument("--keys", default="", help="Textual key names, separated by commas")
    parser.add_argument("--theme", default="")
    given = parser.parse_args()
    columns, _, rows = given.size.partition("x")
    keys = [key for key in given.keys.split(",") if key]
    asyncio.run(take(given.workspace, given.out, (int(columns), int(rows)), keys, given.theme))


if __name__ == "__main__":
    main()
