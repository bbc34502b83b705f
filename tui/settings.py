"""A person's own choices: settings.toml, which they write, and state.json, which the workbench remembers for them."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tui import config_file
from tui.config_file import ConfigError, ConfigFile

#: The ways to tell of a run's end on the desktop.
NOTICES = ("off", "osc9", "osc777")
SLOW = ("auto", "on", "off")
_MOST_RECENT = 12
_LARGEST = 256 << 10


@dataclass(frozen=True, slots=True)
class Settings:
    """What settings.toml may say."""

    theme: str = ""
    bell: bool = True
    notice: str = "off"
    mouse: bool = True
    slow: str = "auto"


def config_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a person's own files of mlpw lie (XDG Base Directory Specification)."""
    return _base(environment, "XDG_CONFIG_HOME", ".config")


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where mlpw remembers what belongs to a person and to no workspace."""
    return _base(environment, "XDG_STATE_HOME", ".local/state")


def _base(environment: Mapping[str, str], variable: str, beside: str) -> Path:
    given = environment.get(variable, "")
    return Path(given) / "mlpw" if given.startswith("/") else _home(environment) / beside / "mlpw"


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - a home that is not there is no error


def read_settings(path: Path) -> tuple[Settings, str]:
    """The settings of a file and an empty text; or the defaults and what is wrong with it, with its line."""
    try:
        file = config_file.read(path)
        return (_settings(file) if file else Settings()), ""
    except ConfigError as error:
        return Settings(), error.at(path.name)


def _settings(file: ConfigFile) -> Settings:
    file.check_keys("", ("theme", "bell", "notice", "mouse", "slow"))
    found = Settings(
        file.text("theme"), file.switch("bell", True), file.text("notice", "off"), file.switch("mouse", True),
        file.text("slow", "auto"),
    )  # fmt: skip
    for key, value, known in (("notice", found.notice, NOTICES), ("slow", found.slow, SLOW)):
        if value not in known:
            raise file.error(key, f"{key} must be one of {', '.join(known)}", value, known)
    return found


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered across workspaces: the theme chosen last, the hints seen, the workspaces opened last."""

    theme: str = ""
    greeted: bool = False
    recent: tuple[str, ...] = ()

    def opened(self, folder: Path) -> "Memory":
        """The same, with `folder` as the newest workspace."""
        name = str(folder)
        return replace(self, recent=(name, *(other for other in self.recent if other != name))[:_MOST_RECENT])

    def workspaces(self) -> list[Path]:
        """The workspaces opened last that still are there."""
        return [Path(name) for name in self.recent if Path(name, ".mlpw").is_dir()]


def recall(file: Path) -> Memory:
    """What was remembered; anything that cannot be read is as if nothing was."""
    try:
        data = json.loads(file.read_bytes()[:_LARGEST])
    except (OSError, ValueError, RecursionError):
        return Memory()
    if not isinstance(data, dict):
        return Memory()
    theme, recent = data.get("theme"), data.get("recent")
    names = tuple(name for name in recent if isinstance(name, str)) if isinstance(recent, list) else ()
    return Memory(theme if isinstance(theme, str) else "", data.get("greeted") is True, names[:_MOST_RECENT])


def remember(file: Path, memory: Memory) -> None:
    """Write it down; a folder that cannot be written is no reason to fail."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_name(f"{file.name}.{os.getpid()}.tmp")
        half.write_text(json.dumps(asdict(memory)))
        half.replace(file)
