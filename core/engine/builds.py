"""Python environments that steps of a run want: each prepared once, on a thread, whoever asks first."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.definitions.environment import EnvironmentSpec
from core.engine.work import Workers
from core.environments.builder import build_log as environment_log
from core.environments.builder import prepare
from core.environments.kept import PythonEnvironment
from core.layout import Layout

#: Called in the loop's thread with the environment, or with what kept it from being made.
Wanted = Callable[[PythonEnvironment | None, BaseException | None], None]


@dataclass(slots=True)
class _Build:
    spec: EnvironmentSpec
    waiting: list[Wanted] = field(default_factory=list)
    environment: PythonEnvironment | None = None
    error: BaseException | None = None
    line: str = ""

    @property
    def is_over(self) -> bool:
        return self.environment is not None or self.error is not None


class Builds:
    """The environments of one run; a failed build is not tried again in the same run."""

    def __init__(self, layout: Layout, workers: Workers, cancelled: Callable[[], bool]) -> None:
        self._layout, self._workers, self._cancelled = layout, workers, cancelled
        self._builds: dict[str, _Build] = {}
        self._keys: dict[int, tuple[EnvironmentSpec, str]] = {}

    def is_ready(self, spec: EnvironmentSpec) -> bool:
        """Whether `want` will answer at once."""
        build = self._builds.get(self._key(spec))
        return build is not None and build.is_over

    def want(self, spec: EnvironmentSpec, then: Wanted) -> None:
        """Call `then` when the environment is there."""
        key = self._key(spec)
        build = self._builds.get(key)
        if build is None:
            build = self._builds[key] = _Build(spec, [then])
            self._workers.submit(partial(self._prepare, build), partial(self._made, build))
        elif build.is_over:
            then(build.environment, build.error)
        else:
            build.waiting.append(then)

    def line(self, spec: EnvironmentSpec) -> str:
        """What the build of an environment said last, "" when none is under way."""
        build = self._builds.get(self._key(spec))
        if build is None or build.is_over or not build.line:
            return ""
        return f"environment '{spec.name}': {build.line}"

    def _key(self, spec: EnvironmentSpec) -> str:
        """Worked out once for each specification, which stays as it is and is kept here so that its id stays its."""
        known = self._keys.get(id(spec))
        if known is None:
            known = self._keys[id(spec)] = (spec, _key(spec))
        return known[1]

    def _prepare(self, build: _Build) -> PythonEnvironment:
        def heard(line: str) -> None:
            build.line = line

        return prepare(build.spec, self._layout, heard, cancelled=self._cancelled, read_yaml=_read_yaml)

    def _made(self, build: _Build, environment: PythonEnvironment | None, error: BaseException | None) -> None:
        build.environment, build.error = environment, error
        waiting, build.waiting = build.waiting, []
        for then in waiting:
            then(environment, error)


def prepare_now(spec: EnvironmentSpec, layout: Layout, heard: Callable[[str], None]) -> PythonEnvironment:
    """The environment of one step, built here and now when it is not there; `heard` is told how that goes.

    Raises EnvironmentBuildError.
    """
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


def _key(spec: EnvironmentSpec) -> str:
    return json.dumps([spec.name if not spec.has_python else "", spec.parts()], sort_keys=True)
