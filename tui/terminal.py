"""What depends on the terminal one sits at: a slow line, colours, and ways into the clipboard."""

import os
import select
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from textual.drivers.linux_driver import LinuxDriver

#: Seconds between two repaints over a slow line.
SLOW_PERIOD = 0.25


def is_remote(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is at the other end of an SSH connection."""
    return bool(environment.get("SSH_CONNECTION"))


class StillMouseDriver(LinuxDriver):
    """A driver that hears clicks and the wheel, but not each cell the mouse passes over."""

    def _enable_mouse_support(self) -> None:
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1006h")
            self.flush()


def is_gone(descriptor: int) -> bool:
    """Whether the other end of a terminal has closed; no signal says so to a process whose terminal it only borrows."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(found & (select.POLLHUP | select.POLLNVAL) for _, found in poll.poll(0))


def slow_down() -> None:
    """At most four repaints a second, for every screen that is made from now on."""
    import textual.screen

    setattr(textual.screen, "UPDATE_PERIOD", SLOW_PERIOD)  # noqa: B010 - Textual declares it final


def copy_in_tmux(text: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Put text into tmux's buffer and, through it, into the clipboard of the terminal; False outside tmux."""
    if not environment.get("TMUX") or shutil.which("tmux") is None:
        return False
    command = ["tmux", "load-buffer", "-w", "-"]
    try:
        done = subprocess.run(command, input=text.encode(), check=False, timeout=2, capture_output=True)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def copy_to_file(text: str, folder: Path) -> Path | None:
    """Leave the text in a file, for terminals without a clipboard; None when that fails too."""
    file = folder / "copied.txt"
    try:
        folder.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError:
        return None
    return file
