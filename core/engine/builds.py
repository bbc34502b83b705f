"""Environments that steps of a run want, here or on a host: each prepared once, on a thread, whoever asks first."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.compute_target import ComputeTarget
from core.definitions.environment import EnvironmentSpec
from core.engine.images import ImageThere, image_on
from core.engine.patience import away_words
from core.engine.work import Workers
from core.environments.builder import build_log as environment_log
from core.environments.builder import prepare
from core.environments.images.value import ImageEnvironment
from core.environments.kept import PythonEnvironment
from core.hosts.errors import HostUnreachableError
from core.layout import Layout

if TYPE_CHECKING:
    from core.hosts.engine import Engine

#: What a step runs in: Python here, or an image there.
Environment = PythonEnvironment | ImageThere
#: Called in the loop's thread with the environment, or with what kept it from being made.
Wanted = Callable[[Environment | None, BaseException | None], None]
#: A host that cannot be reached is asked again so much later.
_RETRY_SECONDS = 3.0


@dataclass(slots=True)
class _Build:
    spec: EnvironmentSpec
    target: ComputeTarget | None = None
    gpus: int = 0
    waiting: list[Wanted] = field(default_factory=list)
    environment: Environment | None = None
    error: BaseException | None = None
    line: str = ""
    away_since: float = 0.0
    retry_at: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.environment is not None or self.error is not None


class Builds:
    """The environments of one run; a failed build is not tried again in the same run."""

    def __init__(self, layout: Layout, workers: Workers, cancelled: Callable[[], bool]) -> None:
        self._layout, self._workers, self._cancelled = layout, workers, cancelled
        self._builds: dict[tuple[str, str, int], _Build] = {}
        self._keys: dict[int, tuple[EnvironmentSpec, str]] = {}

    def is_ready(self, spec: EnvironmentSpec, target: ComputeTarget | None = None, gpus: int = 0) -> bool:
        """Whether `want` will answer at once."""
        build = self._find(spec, target, gpus)
        return build is not None and build.is_over

    def want(self, spec: EnvironmentSpec, then: Wanted, target: ComputeTarget | None = None, gpus: int = 0) -> None:
        """Call `then` when the environment is there: on this machine, or as an image on a target's.

        A target's that cannot give `gpus` has nothing done for it.
        """
        build = self._find(spec, target, gpus)
        if build is None:
            build = _Build(spec, target, gpus, [then])
            self._builds[self._key(spec), _place(target), gpus] = build
            self._start(build)
        elif build.is_over:
            then(build.environment, build.error)
        else:
            build.waiting.append(then)

    def line(self, spec: EnvironmentSpec, target: ComputeTarget | None = None, gpus: int = 0) -> str:
        """What the build of an environment said last, "" when none is under way."""
        build = self._find(spec, target, gpus)
        if build is None or build.is_over:
            return ""
        if target is not None and build.away_since:
            return away_words(target.name, build.away_since)
        where = f" on {target.name}" if target is not None else ""
        return f"environment '{spec.name}'{where}: {build.line}" if build.line else ""

    def retry(self) -> None:
        """Ask hosts again that could not be reached."""
        now = time.monotonic()
        for build in self._builds.values():
            if 0 < build.retry_at <= now or (build.retry_at and self._cancelled()):
                build.retry_at = 0.0
                if self._cancelled():
                    self._answer(build, None, build.error)
                else:
                    self._start(build)

    def _find(self, spec: EnvironmentSpec, target: ComputeTarget | None, gpus: int) -> _Build | None:
        return self._builds.get((self._key(spec), _place(target), gpus))

    def _start(self, build: _Build) -> None:
        self._workers.submit(partial(self._prepare, build), partial(self._made, build))

    def _key(self, spec: EnvironmentSpec) -> str:
        """Worked out once for each specification, which stays as it is and is kept here so that its id stays its."""
        known = self._keys.get(id(spec))
        if known is None:
            known = self._keys[id(spec)] = (spec, _key(spec))
        return known[1]

    def _prepare(self, build: _Build) -> Environment:
        def heard(line: str) -> None:
            build.line = line

        if build.target is not None:
            return image_on(
                build.target,
                build.spec,
                self._layout,
                heard,
                gpus=build.gpus,
                cancelled=self._cancelled,
                read_yaml=_read_yaml,
            )
        return prepare(build.spec, self._layout, heard, cancelled=self._cancelled, read_yaml=_read_yaml)

    def _made(self, build: _Build, environment: Environment | None, error: BaseException | None) -> None:
        """A host that cannot be reached is no failure of the environment."""
        if isinstance(error, HostUnreachableError) and not self._cancelled():
            build.away_since = build.away_since or time.time()
            build.retry_at = time.monotonic() + _RETRY_SECONDS
            return
        build.away_since = 0.0
        self._answer(build, environment, error)

    def _answer(self, build: _Build, environment: Environment | None, error: BaseException | None) -> None:
        build.environment, build.error = environment, error
        waiting, build.waiting = build.waiting, []
        for then in waiting:
            then(environment, error)


def is_image_there(engine: "Engine", spec: EnvironmentSpec, layout: Layout) -> bool:
    """Whether a host has the image of an environment already. Raises HostError."""
    from core.environments.images.prepare import is_there  # most runs have no hosts

    return is_there(engine, spec, layout, _read_yaml)


def prepare_now(
    spec: EnvironmentSpec,
    layout: Layout,
    heard: Callable[[str], None],
    target: ComputeTarget | None = None,
    gpus: int = 0,
) -> PythonEnvironment | ImageEnvironment:
    """The environment of one step, made now when it is not there, on the `target`'s host if there is one.

    `heard` is told how that goes. Raises EnvironmentBuildError, HostError.
    """
    if target is not None:
        made = image_on(target, spec, layout, heard, gpus=gpus, cancelled=lambda: False, read_yaml=_read_yaml)
        return made.image
    return prepare(spec, layout, heard, read_yaml=_read_yaml)


def build_log(spec: EnvironmentSpec, layout: Layout) -> Path:
    """The log of an environment's build, past or under way; it need not be there."""
    return environment_log(spec, layout, _read_yaml)


def _read_yaml(text: str) -> dict[str, object]:
    """A conda file's text as plain values."""
    from core.definitions.yaml_nodes import plain
    from core.definitions.yaml_reader import parse_yaml

    found = plain(parse_yaml(text.encode(), "conda file"))
    return found if isinstance(found, dict) else {}


def _place(target: ComputeTarget | None) -> str:
    return "" if target is None else target.name


def _key(spec: EnvironmentSpec) -> str:
    return json.dumps([spec.name if not spec.has_python else "", spec.parts()], sort_keys=True)
