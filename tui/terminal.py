"""What depends on the terminal one sits at: a slow line, colours, and ways into the clipboard."""

import os
import select
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from queue import Queue
from typing import IO

from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from tui.wording.safe import one_line

#: Seconds between two repaints over a slow line, and elsewhere.
SLOW_PERIOD = 0.25
QUICK_PERIOD = 1 / 60
#: Characters a terminal may be behind before it misses some; a frame of a large window is some 20,000.
_MOST_PENDING = 200_000
#: Seconds that leaving waits for a terminal that takes nothing.
_LAST_PATIENCE = 2.0


def is_remote(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is at the other end of an SSH connection."""
    return bool(environment.get("SSH_CONNECTION"))


class SteadyWriter(WriterThread):
    """Writes to the terminal in the background and never makes the app wait for it.

    A terminal that takes nothing (a stalled line, a stopped multiplexer) misses what is painted meanwhile; once it has
    taken what was under way, `catches_up` says so, once, and everything is to be painted again.
    """

    def __init__(self, file: IO[str]) -> None:
        super().__init__(file)
        self._queue = Queue()
        self._pending = 0
        self._is_behind = False
        self._is_gone = False
        self._target = file

    def write(self, text: str) -> None:
        """Write soon; or not at all, while the terminal is too far behind."""
        self._is_behind = self._is_behind or self._pending > _MOST_PENDING
        if not self._is_behind:
            self._pending += len(text)
            self._queue.put(text)

    @property
    def catches_up(self) -> bool:
        """Whether the terminal missed something and is ready again."""
        ready = self._is_behind and self._pending <= 0
        self._is_behind = self._is_behind and not ready
        return ready

    def take_again(self) -> None:
        """Queue what comes, however far behind the terminal is."""
        self._is_behind, self._pending = False, 0

    def run(self) -> None:
        """Write what is queued; a terminal that went away is no error here, the app notices by itself."""
        while (text := self._queue.get()) is not None:
            if not self._is_gone:
                try:
                    self._target.write(text)
                    if self._queue.empty():
                        self._target.flush()
                except OSError:
                    self._is_gone = True
            self._pending -= len(text)

    def stop(self) -> None:
        """Write the rest, unless the terminal takes nothing any more."""
        self._queue.put(None)
        self.join(_LAST_PATIENCE)


#: Textual's own makes the app wait once it is 30 writes behind.
setattr(linux_driver, "WriterThread", SteadyWriter)  # noqa: B010 - Textual does not export it


class Mouse(Enum):
    """What the terminal tells of the mouse."""

    MOTION = "motion"
    CLICKS = "clicks"
    NOTHING = "nothing"


class WorkbenchDriver(LinuxDriver):
    """Textual's driver with a switch for the mouse: every cell it passes, clicks and the wheel only, or nothing."""

    mouse = Mouse.MOTION

    def _enable_mouse_support(self) -> None:
        if self.mouse is Mouse.MOTION:
            super()._enable_mouse_support()
        elif self._mouse and self.mouse is Mouse.CLICKS:
            self.write("\x1b[?1000h\x1b[?1006h")
            self.flush()

    @property
    def catches_up(self) -> bool:
        """Whether the terminal missed something and is ready to be painted again."""
        return isinstance(self._writer_thread, SteadyWriter) and self._writer_thread.catches_up

    def stop_application_mode(self) -> None:
        """Give the terminal back, also when it missed what was painted last."""
        if isinstance(self._writer_thread, SteadyWriter):
            self._writer_thread.take_again()
        super().stop_application_mode()

    def hear_mouse(self, wanted: Mouse) -> None:
        """Ask the terminal for this from now on."""
        if wanted is not self.mouse:
            self._disable_mouse_support()
            self.mouse = wanted
            self._enable_mouse_support()


def is_gone(descriptor: int) -> bool:
    """Whether the other end of a terminal has closed; no signal says so to a process whose terminal it only borrows."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(found & (select.POLLHUP | select.POLLNVAL) for _, found in poll.poll(0))


def set_repaint_period(seconds: float, screens: Iterable[Screen[object]]) -> None:
    """So long between two repaints, at least: for `screens` and for every screen that is made from now on."""
    import textual.screen

    setattr(textual.screen, "UPDATE_PERIOD", seconds)  # noqa: B010 - Textual declares it final
    for screen in screens:
        timer = getattr(screen, _TIMER, None)
        if timer is not None:
            timer.stop()
            setattr(screen, _TIMER, None)  # Textual makes another when it is next needed
            screen.refresh()


#: Where a Textual screen keeps the timer of its repaints; a test says when that changes.
_TIMER = "_Screen__update_timer"


def desktop_notice(way: str, title: str, text: str) -> str:
    """The sequence that asks the terminal for a notice on the desktop: OSC 9 (iTerm2) or 777 (rxvt); "" for neither."""
    clean = one_line(f"{title}: {text}").replace(";", ",")[:200]
    match way:
        case "osc9":
            return f"\x1b]9;{clean}\x07"
        case "osc777":
            return f"\x1b]777;notify;{one_line(title).replace(';', ',')};{one_line(text).replace(';', ',')[:200]}\x07"
        case _:
            return ""


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
