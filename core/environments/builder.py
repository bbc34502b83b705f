"""Python environments of a workspace: built once, kept by content, found again."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from core.definitions.environment import EnvironmentSpec, without_extras
from core.environments.kept import PythonEnvironment, read_kept, touch, write_kept
from core.environments.recipe import Recipe, YamlText, localize, recipe_of
from core.environments.turns import in_turn
from core.errors import EnvironmentBuildError, Location, Notice
from core.layout import Layout

Progress = Callable[[str], None]


def prepare(
    spec: EnvironmentSpec,
    layout: Layout,
    on_progress: Progress = lambda line: None,
    *,
    strict: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
    read_yaml: YamlText | None = None,
) -> PythonEnvironment:
    """The environment of a spec at `.mlpw/envs/<digest>`, built when it is not there or no longer works.

    Built once even when several threads or processes want it: the others wait and see the first one's progress, a
    line at a time. The build log is `.mlpw/envs/<digest>.log`, readable while it grows. `strict` refuses releases
    other than those asked for; `cancelled` is asked a few times a second; `read_yaml` parses conda files of build
    contexts. Raises EnvironmentBuildError with the package at fault and the log as hint; nothing is
    kept of a failed or interrupted build.
    """
    local, assumed = localize(spec, read_yaml)
    recipe, dropped = recipe_of(local)
    digest = recipe_digest(recipe, strict=strict)
    build = _Build(layout, digest, spec.name, spec.location, recipe, strict, on_progress, cancelled)
    kept = read_kept(build.folder) or build.once()
    touch(kept.path)
    remarks = (Notice(f"environment '{spec.name}': {text}", spec.location) for text in kept.remarks)
    return replace(kept, notices=(*assumed, *dropped, *remarks), variables=local.environment_variables)


def build_log(spec: EnvironmentSpec, layout: Layout, read_yaml: YamlText | None = None) -> Path:
    """Where `prepare` writes about the build of the same spec; the file is there once a build began."""
    recipe, _ = recipe_of(localize(spec, read_yaml)[0])
    return layout.environments / f"{recipe_digest(recipe)}.log"


def recipe_digest(recipe: Recipe, *, strict: bool = False) -> str:
    """The name that a recipe's environment is kept under; no path, time or machine goes in."""
    import hashlib
    import json

    parts = {**recipe.identity(), "format": 1, "strict": strict}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def stay_as_planned(recipe: Recipe) -> None:
    """An environment is called after its content, so local packages must be what they were when a run was planned.

    Raises EnvironmentBuildError.
    """
    for path, digest in zip(recipe.local_paths, recipe.local_digests, strict=True):
        from core.definitions.built_folders import content_digest  # few environments have local packages

        try:
            now = content_digest(without_extras(path))
        except OSError:
            now = ""
        if now != digest:
            text = f"the local package {without_extras(path)} changed since the run was planned"
            raise EnvironmentBuildError(text, hint="run it again")


@dataclass(frozen=True, slots=True)
class _Build:
    """One environment to be, and how to make it."""

    layout: Layout
    digest: str
    name: str
    location: Location | None
    recipe: Recipe
    strict: bool
    on_progress: Progress
    cancelled: Callable[[], bool]

    @property
    def folder(self) -> Path:
        return self.layout.environments / self.digest

    @property
    def log(self) -> Path:
        return self.layout.environments / f"{self.digest}.log"

    def once(self) -> PythonEnvironment:
        """Build, unless another thread or process did so meanwhile."""
        for folder in (self.layout.environments, self.layout.locks, self.layout.temporary):
            folder.mkdir(parents=True, exist_ok=True)
        lock = self.layout.locks / f"env-{self.digest}"
        with in_turn(lock, self.log, self.name, self.on_progress, self.cancelled):
            return read_kept(self.folder) or self._make()

    def _make(self) -> PythonEnvironment:
        self._clear_leftovers()
        unfinished = self._aside()
        try:
            with self.log.open("w", encoding="utf-8") as log:
                return self._install(unfinished, log)
        except EnvironmentBuildError as error:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(f"failed: {error.message}\n")
            hint = f"{error.hint}; " if error.hint else ""
            raise EnvironmentBuildError(
                f"environment '{self.name}': {error.message}",
                location=self.location,
                hint=f"{hint}build log: {self.log}",
            ) from error
        finally:
            self._clear_leftovers()

    def _install(self, unfinished: Path, log: TextIO) -> PythonEnvironment:
        from core.environments.attempt import Workbench  # environments that are up to date need none of it
        from core.environments.installer import install
        from core.environments.pip_settings import uv_settings
        from core.environments.uv import Uv

        started = time.monotonic()
        uv = Uv(uv_settings(os.environ), log, self.on_progress, self.cancelled)
        asked = ", ".join([*self.recipe.options, *self.recipe.wanted]) or "bare"
        uv.say(f"environment '{self.name}': Python {self.recipe.python or 'any'}, {asked}")
        stay_as_planned(self.recipe)
        made = install(self.recipe, Workbench(unfinished, uv), strict=self.strict)
        stay_as_planned(self.recipe)
        kept = PythonEnvironment(self.folder, str(made.python), made.remarks, made.silent_hosts)
        write_kept(unfinished, kept)
        self._publish(unfinished)
        uv.say(f"ready after {time.monotonic() - started:.1f} s on Python {made.python}")
        return kept

    def _publish(self, unfinished: Path) -> None:
        """Put the environment where it is looked for; one that no longer works makes room first."""
        _sync(unfinished)
        if os.path.lexists(self.folder):
            self.folder.rename(self._aside())
        unfinished.rename(self.folder)

    def _aside(self) -> Path:
        return self.layout.temporary / f"env-{self.digest}-{os.urandom(4).hex()}"

    def _clear_leftovers(self) -> None:
        """Delete what unfinished builds of this environment left; the lock is held, so none is alive."""
        for leftover in self.layout.temporary.glob(f"env-{self.digest}-*"):
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Have the file system write what was installed, so that a power cut leaves no hollow environment."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        ctypes.CDLL(None, use_errno=True).syncfs(descriptor)
    finally:
        os.close(descriptor)
