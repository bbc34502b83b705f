"""keys.toml: a preset, and a person's own keys on top, by id."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from textual.keys import KEY_ALIASES, Keys, _character_to_key

from tui import config_file
from tui.config_file import ConfigError, ConfigFile
from tui.keys.presets import PRESETS

_MODIFIERS = ("ctrl+", "alt+", "shift+", "super+", "meta+", "hyper+")
_NAMES = {key.value for key in Keys} | set(KEY_ALIASES) | {_character_to_key(chr(code)) for code in range(33, 127)}


@dataclass(frozen=True, slots=True)
class Keymap:
    """Keys by id that differ from the usual ones; `trouble` says what is wrong with the file they were to come from."""

    keys: Mapping[str, str] = field(default_factory=dict)
    preset: str = "default"
    trouble: str = ""


def load(path: Path, known: Collection[str]) -> Keymap:
    """The keymap of a file; the usual keys where there is none, or where it is broken, which is said with its line."""
    try:
        file = config_file.read(path)
        return _keymap(file, known) if file else Keymap()
    except ConfigError as error:
        return Keymap(trouble=error.at(path.name))


def _keymap(file: ConfigFile, known: Collection[str]) -> Keymap:
    file.check_keys("", ("preset", "keys"))
    preset = file.text("preset", "default")
    if preset not in PRESETS:
        raise file.error("preset", f"there is no preset {preset!r}; there are {', '.join(PRESETS)}", preset, PRESETS)
    own = {}
    for identifier, keys in file.flat_texts("keys").items():
        if identifier not in known:
            message = f"[keys] has no {identifier!r}; mlpw keys lists all"
            raise file.error(identifier, message, identifier, known, table="keys")
        try:
            own[identifier] = normal_keys(keys)
        except ValueError as error:
            raise file.error(identifier, f"{identifier}: {error}", table="keys") from None
    return Keymap({**PRESETS[preset], **own}, preset)


def normal_keys(text: str) -> str:
    """Keys as Textual names them, from keys as people write them: "ctrl-r, ?" is "ctrl+r,question_mark".

    Raises ValueError for what is no key.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError("no key is given; for a comma write comma")
    return ",".join(_normal_key(part) for part in parts)


def _normal_key(text: str) -> str:
    prefix, key = "", text
    while True:
        found = next((name for name in _MODIFIERS if key.lower().replace("-", "+").startswith(name)), "")
        if not found or len(key) == len(found):
            break
        prefix, key = prefix + found, key[len(found) :]
    if len(key) == 1:
        return prefix + (_character_to_key(key) if not key.isalnum() else key)
    if key.lower() in _NAMES:
        return prefix + key.lower()
    raise ValueError(f"{text!r} is no key; write for example x, X, ctrl+r, alt+x, f5, enter, slash or /")
