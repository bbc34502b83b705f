"""A person's own TOML file, read with the line of every key, so that what is wrong in it can be pointed at."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import did_you_mean

_LARGEST = 256 << 10
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True)
class ConfigError(ValueError):
    """What is wrong in a person's file, at which line (0: not at one); words for people."""

    message: str
    line: int = 0

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message

    def at(self, name: str) -> str:
        """The error behind the name of its file: "keys.toml:3: ..."."""
        return f"{name}:{self.line}: {self.message}" if self.line else f"{name}: {self.message}"


class ConfigFile:
    """Values of a TOML text by table and key."""

    def __init__(self, text: str) -> None:
        """Read `text`; ConfigError where it is no TOML."""
        self._lines = text.splitlines()
        try:
            self._data = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = _AT_LINE.search(str(error))
            line = int(found.group(1)) if found else len(self._lines) if "end of document" in str(error) else 0
            raise ConfigError(f"not TOML: {_AT_LINE.sub('', str(error))}", line) from None

    def error(self, key: str, message: str, given: str = "", known: Iterable[str] = (), table: str = "") -> ConfigError:
        """An error at `key`, with the nearest of `known` to what was `given`."""
        near = did_you_mean(given, list(known)) if given else ""
        return ConfigError(f"{message}{'; ' + near if near else ''}", self._line_of(table, key))

    def check_keys(self, table: str, known: Iterable[str]) -> None:
        """Refuse keys that nobody reads; an empty `table` stands for the top."""
        names = tuple(known)
        shown = f"[{table}]" if table else "the file"
        for key in self._table(table):
            if key not in names:
                raise self.error(key, f"{shown} has no {key!r}; it knows {', '.join(names)}", key, names, table)

    def text(self, key: str, default: str = "") -> str:
        """A text at the top."""
        value = self._data.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, f"{key} must be a text in quotes")
        return value

    def switch(self, key: str, default: bool) -> bool:
        """A true or false at the top."""
        value = self._data.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"{key} must be true or false")
        return value

    def texts(self, table: str) -> dict[str, str]:
        """The texts of a table."""
        found = self._table(table)
        for key, value in found.items():
            if not isinstance(value, str):
                raise self.error(key, f"[{table}] {key} must be a text in quotes", table=table)
        return {key: str(value) for key, value in found.items()}

    def flat_texts(self, table: str) -> dict[str, str]:
        """The texts of a table whose keys have dots, in quotes or not: "run.start" and run.start are one key."""
        found: dict[str, str] = {}
        pending = list(self._table(table).items())
        while pending:
            key, value = pending.pop(0)
            if isinstance(value, dict):
                pending += [(f"{key}.{inner}", below) for inner, below in value.items()]
            elif isinstance(value, str):
                found[key] = value
            else:
                raise self.error(key, f"[{table}] {key} must be a text in quotes", table=table)
        return found

    def _table(self, table: str) -> Mapping[str, object]:
        found = self._data.get(table, {}) if table else self._data
        if not isinstance(found, dict):
            raise self.error(table, f"[{table}] must be a table")
        return found

    def _line_of(self, table: str, key: str) -> int:
        """The line where a key of a table is set; where it is not found, the table's own; else 0."""
        inside, heading = not table, 0
        for number, line in enumerate(self._lines, 1):
            text = line.partition("#")[0].strip()
            if text.startswith("["):
                inside = text.strip("[] \t") == table
                heading = number if text.strip("[] \t") == (table or key) else heading
            elif inside and re.match(rf"[\"']?{re.escape(key)}[\"']?\s*=", line.strip()):
                return number
        return heading


def read(path: Path) -> ConfigFile | None:
    """The file at `path`, None where there is none. Raises ConfigError where it cannot be read."""
    try:
        return ConfigFile(path.read_bytes()[:_LARGEST].decode("utf-8"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8") from None
    except OSError as error:
        raise ConfigError(error.strerror or str(error)) from None
