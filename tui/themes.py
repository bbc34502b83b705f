"""Themes from data files: the house's own in themes/, a person's in ~/.config/mlpw/themes, read by the same code."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from textual.theme import Theme

DEFAULT = "mlpw-dark"
WITHOUT_COLOUR = "ansi-dark"

#: Variables of ours that a theme may leave out, in terms of Textual's own.
FALLBACK: dict[str, str] = {
    "muted": "ansi_bright_black",
    "frame": "ansi_bright_black",
    "frame-focused": "ansi_blue",
    "bar": "ansi_default",
    "selection": "ansi_blue",
    "selection-blurred": "ansi_bright_black",
    "graph-line": "ansi_bright_black",
    "graph-active": "ansi_cyan",
    "match": "ansi_yellow",
    "match-text": "ansi_black",
    "status-ok": "ansi_green",
    "status-failed": "ansi_red",
    "status-running": "ansi_cyan",
    "status-waiting": "ansi_default",
    "status-reused": "ansi_green",
    "status-not-run": "ansi_bright_black",
    "status-stale": "ansi_yellow",
}

_COLOURS = (
    "primary",
    "secondary",
    "warning",
    "error",
    "success",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}|ansi_[a-z_]+")
_LARGEST = 64 << 10


@dataclass(frozen=True, slots=True)
class Themes:
    """Themes that could be read, and one sentence for each file that could not."""

    themes: tuple[Theme, ...]
    troubles: tuple[str, ...]


def user_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a person's own settings of the workbench lie."""
    base = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".config")
    return Path(base) / "mlpw"


def load(own: Path | None = None) -> Themes:
    """The house's themes and those in `own`; a person's theme replaces one of the house that has the same name."""
    found: dict[str, Theme] = {}
    troubles: list[str] = []
    for file in _files(own):
        try:
            theme = parse(file.read_bytes()[:_LARGEST].decode("utf-8"))
        except (OSError, ValueError) as error:
            troubles.append(f"theme {file.name}: {error}")
        else:
            found[theme.name] = theme
    return Themes(tuple(found.values()), tuple(troubles))


def _files(own: Path | None) -> Iterable[Traversable]:
    yield from sorted(_toml(resources.files("themes")), key=lambda file: file.name)
    if own is not None and own.is_dir():
        yield from sorted(_toml(own), key=lambda file: file.name)


def _toml(folder: Traversable) -> list[Traversable]:
    return [file for file in folder.iterdir() if file.name.endswith(".toml")]


def parse(text: str) -> Theme:
    """A theme from TOML: name, dark, [colors], [variables]. ValueError names what is wrong."""
    data = tomllib.loads(text)
    name = data.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
        raise ValueError("name must be lower-case letters, digits and hyphens")
    colours = _checked(data.get("colors", {}), _COLOURS, "colors")
    if "primary" not in colours:
        raise ValueError("[colors] needs primary")
    variables = {**FALLBACK, **_checked(data.get("variables", {}), tuple(FALLBACK), "variables")}
    return Theme(
        name,
        colours["primary"],
        secondary=colours.get("secondary"),
        warning=colours.get("warning"),
        error=colours.get("error"),
        success=colours.get("success"),
        accent=colours.get("accent"),
        foreground=colours.get("foreground"),
        background=colours.get("background"),
        surface=colours.get("surface"),
        panel=colours.get("panel"),
        dark=bool(data.get("dark", True)),
        variables=variables,
    )


def _checked(table: object, known: tuple[str, ...], where: str) -> dict[str, str]:
    if not isinstance(table, dict):
        raise ValueError(f"[{where}] must be a table")  # noqa: TRY004 - the loader's callers know one error
    for key, value in table.items():
        if key not in known:
            raise ValueError(f"[{where}] has no {key}; it knows {', '.join(known)}")
        if not isinstance(value, str) or not _COLOUR.fullmatch(value):
            raise ValueError(f"[{where}] {key} must be a colour such as #7aa2f7")
    return dict(table)
