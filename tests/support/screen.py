"""The screen of a running Textual app as plain lines of text, as a person would read it."""

import time
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot

PATIENCE = 20.0


def screen_lines(app: App[Any]) -> list[str]:
    """What the terminal shows, line by line, without colours; blanks at the ends are cut."""
    return ["".join(segment.text for segment in strip).rstrip() for strip in app.screen._compositor.render_strips()]


def screen_text(app: App[Any]) -> str:
    """The same as one text."""
    return "\n".join(screen_lines(app))


async def until(pilot: Pilot[Any], met: Callable[[], bool], what: str = "") -> None:
    """Let the app work until `met`; fails with the screen when that takes too long."""
    deadline = time.monotonic() + PATIENCE
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
