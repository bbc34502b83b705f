"""One image to be had on a host: told about as it goes, written down in its log, and stopped when asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from core.environments.uv import without_credentials
from core.hosts.engine import Engine


@dataclass(frozen=True, slots=True)
class Work:
    """Where work on an image is done, and who hears of it; `secrets` are texts that must never be shown."""

    engine: Engine
    log: TextIO
    heard: Callable[[str], None]
    cancelled: Callable[[], bool]
    secrets: tuple[str, ...] = ()

    def announce(self, line: str) -> None:
        """Tell whoever watches, here and in the log."""
        line = self.clean(line)
        self._write(line)
        self.heard(line.strip())

    def note(self, line: str) -> None:
        """Write a line to the log alone."""
        self._write(self.clean(line))

    def clean(self, line: str) -> str:
        """A line without what must not be shown."""
        for secret in self.secrets:
            line = line.replace(secret, "***")
        return without_credentials(line)

    def _write(self, line: str) -> None:
        self.log.write(line + "\n")
        self.log.flush()
