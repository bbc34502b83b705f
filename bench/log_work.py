"""One part of `bench/logs.py` in mlpw's own Python: `log_work.py LOG TOLD WHAT [ARGUMENT]`; TOLD gets what it took."""

import asyncio
import json
import sys
from pathlib import Path

import psutil
from textual.app import App, ComposeResult

from tui.themes import FALLBACK
from tui.widgets.log_lines import LogLines
from tui.widgets.log_pattern import Pattern
from tui.widgets.log_view import LogView


class _OneLog(App[None]):
    """Nothing but a log."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.view = LogView()
        self._path = path

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(FALLBACK)

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.show(self._path, "log")


def index(log: Path) -> LogLines:
    """Read it all."""
    lines = LogLines(log)
    while lines.grow():
        pass
    return lines


def search(log: Path, text: str) -> LogLines:
    """Find every line with a text."""
    lines = LogLines(log)
    lines.find(Pattern.to_find(text))
    while lines.scans[0].advance():
        pass
    return lines


async def frames(log: Path, count: int) -> None:
    """Open it, and draw so many different frames of 160x45."""
    app = _OneLog(log)
    async with app.run_test(size=(160, 45)) as pilot:
        while app.view.line_count < 1_000_000:
            await pilot.pause(0.01)
        for number in range(count):
            app.view.move(-(1 + number * 7) * 45)
            await pilot.pause()


def _work(log: Path, what: str, argument: str) -> object:
    if what == "index":
        return index(log)
    if what == "search":
        return search(log, argument)
    if what == "frames":
        asyncio.run(frames(log, int(argument)))
    return None


def main(arguments: list[str]) -> None:
    """Do it, and tell how much more memory the process holds after it."""
    log, told, what, argument = [*arguments, ""][:4]
    process = psutil.Process()
    before = process.memory_info().rss
    held = _work(Path(log), what, argument)
    rise = process.memory_info().rss - before
    del held
    Path(told).write_text(json.dumps({"memory": rise}))


if __name__ == "__main__":
    main(sys.argv[1:])
