"""The screen of a running Textual app as plain lines of text, as a person would read it."""

import time
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from tests.support.waiting import PATIENCE_SECONDS

_FOLLOWING = ("poll", "files")
#: Turns of the app, with time in between for what is set to come a little later.
_TURNS = 25


def screen_lines(app: App[Any]) -> list[str]:
    """What the terminal shows, line by line, without colours; blanks at the ends are cut."""
    return ["".join(segment.text for segment in strip).rstrip() for strip in app.screen._compositor.render_strips()]


def screen_text(app: App[Any]) -> str:
    """The same as one text."""
    return "\n".join(screen_lines(app))


async def until(pilot: Pilot[Any], met: Callable[[], bool], what: str = "") -> None:
    """Let the app work until `met`; fails with the screen when that takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not met():
        if time.monotonic() > deadline:
            raise AssertionError(f"never came: {what}\n{screen_text(pilot.app)}")
        await pilot.pause(0.02)


async def until_shown(pilot: Pilot[Any], *texts: str) -> str:
    """Let the app work until the screen shows every one of `texts`; the screen."""
    await until(pilot, lambda: all(text in screen_text(pilot.app) for text in texts), f"{texts} on screen")
    return screen_text(pilot.app)


async def until_gone(pilot: Pilot[Any], text: str) -> str:
    """Let the app work until the screen shows `text` no more; the screen."""
    await until(pilot, lambda: text not in screen_text(pilot.app), f"{text} gone from the screen")
    return screen_text(pilot.app)


async def until_still(pilot: Pilot[Any], measure: Callable[[], object], what: str = "rest") -> None:
    """Let the app work until no answer is awaited any more and `measure` stays as it is over many turns."""
    before, turns = measure(), 0

    def is_still() -> bool:
        nonlocal before, turns
        now = measure()
        turns = turns + 1 if now == before and not is_at_work(pilot.app) else 0
        before = now
        return turns > _TURNS

    await until(pilot, is_still, what)


def is_at_work(app: App[Any]) -> bool:
    """Whether something is under way: not what follows records and files as long as the workbench is open."""
    return any(worker.is_running and worker.group not in _FOLLOWING for worker in app.workers)


async def until_logged(pilot: Pilot[Any], command: str) -> None:
    """Let the app work until its command log has this line; what a command does may show before its answer comes."""
    await until(pilot, lambda: command in getattr(pilot.app, "commands", ()), f"{command} among the commands")
