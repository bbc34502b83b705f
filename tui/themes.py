"""Themes from data files: the house's own in themes/, a person's in ~/.config/mlpw/themes, read by the same code."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from textual.theme import BUILTIN_THEMES, Theme

from tui.config_file import ConfigError, ConfigFile
from tui.wording.safe import one_line

DEFAULT = "mlpw-dark"
WITHOUT_COLOUR = "mlpw-ansi"

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
_HUES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ANSI = ("default", *_HUES, *(f"bright_{name}" for name in _HUES))
_LARGEST = 64 << 10


@dataclass(frozen=True, slots=True)
class Themes:
    """Themes that could be read, what each is for, and one sentence for each file that could not."""

    themes: tuple[Theme, ...]
    about: Mapping[str, str]
    troubles: tuple[str, ...]


def load(own: Path | None = None) -> Themes:
    """The house's themes and those in `own`; a person's theme replaces one of the house that has the same name."""
    found: dict[str, Theme] = {}
    about: dict[str, str] = {}
    troubles: list[str] = []
    for file in _files(own):
        try:
            text = file.read_bytes()[:_LARGEST].decode("utf-8")
            theme, words = parse(text, found)
        except (ConfigError, OSError, ValueError) as error:
            troubles.append(_trouble(file.name, error))
        else:
            found[theme.name], about[theme.name] = theme, words
    return Themes(tuple(found.values()), about, tuple(troubles))


def _trouble(name: str, error: Exception) -> str:
    """One sentence that names file and line."""
    if isinstance(error, ConfigError):
        return f"theme {one_line(error.at(name))}"
    return f"theme {one_line(name)}: {'not UTF-8' if isinstance(error, UnicodeError) else one_line(str(error))}"


def _files(own: Path | None) -> Iterable[Traversable]:
    yield from sorted(_toml(resources.files("themes")), key=lambda file: file.name)
    if own is not None and own.is_dir():
        yield from sorted(_toml(own), key=lambda file: file.name)


def _toml(folder: Traversable) -> list[Traversable]:
    return [file for file in folder.iterdir() if file.name.endswith(".toml")]


def parse(text: str, known: Mapping[str, Theme] | None = None) -> tuple[Theme, str]:
    """A theme from TOML, and what it says about itself.

    The keys are name, about, dark, ansi, extends (one of `known`), [colors] and [variables].
    Raises ConfigError, which names line and key.
    """
    file = ConfigFile(text)
    file.check_keys("", ("name", "about", "dark", "ansi", "extends", "colors", "variables"))
    name = file.text("name")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
        raise file.error("name", "name must be lower-case letters, digits and hyphens")
    base = _base(file, known or {})
    colours = {**(_colours_of(base) if base else {}), **_checked(file, "colors", _COLOURS)}
    if "primary" not in colours:
        raise file.error("colors", "[colors] needs primary")
    variables = {**(base.variables if base else FALLBACK), **_checked(file, "variables", tuple(FALLBACK))}
    is_ansi = file.switch("ansi", base.ansi if base else False)
    theme = Theme(
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
        dark=file.switch("dark", base.dark if base else True),
        ansi=is_ansi,
        variables={**BUILTIN_THEMES["ansi-dark"].variables, **variables} if is_ansi else variables,
    )
    return theme, one_line(file.text("about"))


def _base(file: ConfigFile, known: Mapping[str, Theme]) -> Theme | None:
    wanted = file.text("extends")
    if wanted and wanted not in known:
        raise file.error("extends", f"there is no theme {wanted!r} to extend", wanted, known)
    return known[wanted] if wanted else None


def _colours_of(theme: Theme) -> dict[str, str]:
    given = {name: getattr(theme, name) for name in _COLOURS}
    return {name: colour for name, colour in given.items() if colour is not None}


def _checked(file: ConfigFile, table: str, known: tuple[str, ...]) -> dict[str, str]:
    file.check_keys(table, known)
    found = file.texts(table)
    for key, value in found.items():
        if not _COLOUR.fullmatch(value):
            raise file.error(key, f"[{table}] {key} must be a colour such as #7aa2f7 or ansi_blue", table=table)
        if value.startswith("ansi_") and value.removeprefix("ansi_") not in _ANSI:
            raise file.error(
                key, f"[{table}] {key}: no colour {value}", value, (f"ansi_{n}" for n in _ANSI), table=table
            )
    return found
