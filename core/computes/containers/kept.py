"""What is remembered of a container attempt beside it, so that any later shim can go on, and anyone see how it is."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from core.layout import AttemptFolder


@dataclass(slots=True)
class Kept:
    """`host` is the target's name, `container` the id ("" before it was made), `engine` what DOCKER_HOST was then.

    `place` is the log's length when `cursor` (see `Cursor`) was there. `unreachable_since` is in seconds since the
    epoch, 0 while the host answers. `asked` says why the container was asked to end, "" when it was not. `boot` is
    this machine's boot id when it was made. `used` is what it uses (see `Used`), empty while nobody knows. `moving`
    says how data on its way to the host goes, "" when there is none.
    """

    host: str
    engine: str = ""
    container: str = ""
    started_at: float = 0.0
    unreachable_since: float = 0.0
    asked: str = ""
    boot: str = ""
    place: int = 0
    cursor: Mapping[str, list[str | int]] = field(default_factory=dict)
    used: Mapping[str, float] = field(default_factory=dict)
    moving: str = ""

    def got_on_since(self, before: "Kept") -> bool:
        """Whether the container was made or started since, or more is known of it."""
        then = (before.container, before.started_at, before.cursor, before.used)
        return (self.container, self.started_at, self.cursor, self.used) != then

    def write(self, path: str) -> None:
        """Leave it where readers see it whole or not at all; what a full disk refuses is only older then."""
        waiting = f"{path}.{os.getpid()}.tmp"
        with contextlib.suppress(OSError):
            with open(waiting, "wb", buffering=0) as file:
                file.write(json.dumps(asdict(self)).encode())
            os.replace(waiting, path)


def read_kept(path: str) -> Kept | None:
    """What was left, None when there is nothing."""
    try:
        with open(path, "rb", buffering=0) as file:
            return Kept(**json.loads(file.readall()))
    except (OSError, ValueError, TypeError):
        return None


def is_container(attempt: AttemptFolder) -> bool:
    """Whether the attempt is one in a container, by its spec."""
    return spec_of(attempt).get("container") is not None


def spec_of(attempt: AttemptFolder) -> dict[str, Any]:
    """The attempt's spec as plain values, empty when there is none."""
    try:
        found: dict[str, Any] = json.loads(attempt.spec.read_bytes())
    except (OSError, ValueError):
        return {}
    return found
