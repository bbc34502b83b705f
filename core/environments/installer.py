"""Fill a folder with the environment that a recipe asks for, on the Python that suits it best."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.environments.failures import Failure, FailureKind, read_failure
from core.environments.interpreters import Interpreter, by_nearness, find_interpreters, own_interpreter, satisfies
from core.environments.recipe import USUAL_PYTHON, Recipe
from core.environments.relaxing import relax
from core.environments.requirements import NATIVE, requirement_name
from core.environments.uv import Uv
from core.errors import EnvironmentBuildError, did_you_mean

#: How many other Pythons are tried with wheels alone, and how many may compile.
_OTHER_PYTHONS = 6
_COMPILING_PYTHONS = 2
#: How often a pinned package may give way before the build fails.
_RELAXED_PINS = 12
_DOWNLOAD_SECONDS = 300.0
#: What conda's and Azure ML's environments always hold; setuptools 81 and later lack pkg_resources.
_SEEDS = {"pip": "pip", "setuptools": "setuptools<81"}


@dataclass(frozen=True, slots=True)
class Installed:
    """What was made: the Python, and each thing that is not as it was asked for."""

    python: Interpreter
    remarks: tuple[str, ...] = ()


def install(recipe: Recipe, folder: Path, uv: Uv, *, strict: bool = False) -> Installed:
    """Make the environment of a recipe at `folder`, which must not exist; it can be renamed afterwards.

    Tried in order: the Python asked for, the nearest others, and (unless `strict`) the nearest releases of pinned
    packages that nothing here can install. Raises EnvironmentBuildError with the first reason when all fail.
    """
    return _Installation(recipe, folder, uv, strict).run()


@dataclass(slots=True)
class _Installation:
    recipe: Recipe
    folder: Path
    uv: Uv
    strict: bool
    first: Failure | None = None

    def run(self) -> Installed:
        if self.recipe.is_bare:
            return self._bare(own_interpreter())
        pythons, remark = self._pythons()
        if not self.recipe.requirements:
            return replace(self._bare(pythons[0]), remarks=self._remarks(pythons[0], remark))
        found = self._on_any(pythons)
        if found:
            return Installed(found, self._remarks(found, remark))
        return self._relaxed(pythons[0], remark)

    def _bare(self, python: Interpreter) -> Installed:
        """Nothing but an interpreter; pip too when it can be had, as steps may install what they need."""
        self._venv(python)
        self._pip_install((), native_wheels_only=True)
        return Installed(python)

    def _pythons(self) -> tuple[list[Interpreter], str]:
        """The Pythons to try, best first, and what to say when the best is not what was asked for."""
        asked = self.recipe.python
        found = by_nearness(asked, find_interpreters(), USUAL_PYTHON)
        if satisfies(found[0].version, asked) or not asked:
            return found, ""
        if self._download(asked):
            found = by_nearness(asked, find_interpreters(), USUAL_PYTHON)
            if satisfies(found[0].version, asked):
                return found, ""
        return found, f"Python {asked} cannot be had on this machine"

    def _download(self, asked: str) -> bool:
        """Whether uv could fetch a Python; without a network the answer comes in a second."""
        self.uv.on_line(f"fetching Python {asked}")
        minor = ".".join(asked.split(".")[:2]) if asked[:1].isdigit() else asked
        patience = {"UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "20", "UV_HTTP_CONNECT_TIMEOUT": "5"}
        return self.uv.run("python", "install", minor, extra=patience, seconds=_DOWNLOAD_SECONDS).succeeded

    def _on_any(self, pythons: Sequence[Interpreter]) -> Interpreter | None:
        best = pythons[0]
        is_asked = bool(self.recipe.python) and satisfies(best.version, self.recipe.python)
        tries = [(best, True), *([(best, False)] if is_asked else [])]
        tries += [(each, True) for each in pythons[1 : _OTHER_PYTHONS + 1] if each.version >= (3, 7, 0)]
        tries += [(each, False) for each in pythons[is_asked:_COMPILING_PYTHONS]]
        for python, wheels_only in tries:
            failure = self._try(python, self.recipe.requirements, wheels_only)
            if failure is None:
                return python
            self._judge(failure, is_asked)
        return None

    def _judge(self, failure: Failure, is_asked: bool) -> None:
        """Remember the first reason; raise when another Python cannot help."""
        is_first = self.first is None
        self.first = self.first or failure
        hopeless = {FailureKind.MISSING, FailureKind.OTHER}
        if is_asked or not self.recipe.python:
            hopeless.add(FailureKind.CONFLICT)
        if failure.kind is FailureKind.UNREACHABLE or (is_first and failure.kind in hopeless):
            raise self._error(failure)

    def _try(self, python: Interpreter, requirements: tuple[str, ...], wheels_only: bool) -> Failure | None:
        self.uv.on_line(f"Python {python}{'' if wheels_only else ', compiling where needed'}")
        self._venv(python)
        text = self._pip_install(requirements, native_wheels_only=wheels_only)
        return read_failure(text) if text is not None else None

    def _venv(self, python: Interpreter) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        made = self.uv.run("venv", "--relocatable", "--python", python.path, self.folder)
        if not made.succeeded:
            raise EnvironmentBuildError(f"no environment on {python.path}: {read_failure(made.text).reason}")

    def _pip_install(self, requirements: tuple[str, ...], *, native_wheels_only: bool) -> str | None:
        """None when all is installed, else what uv said."""
        listing = self.folder.with_suffix(".txt")
        named = {requirement_name(line) for line in requirements}
        seeds = [line for name, line in _SEEDS.items() if name not in named]
        listing.write_text("\n".join([*self.recipe.options, *requirements, *seeds]) + "\n", "utf-8")
        arguments: list[str | Path] = ["pip", "install", "--python", self.folder / "bin" / "python", "-r", listing]
        if native_wheels_only:
            arguments += [word for name in NATIVE for word in ("--only-binary", name)]
        if self.recipe.allow_prereleases:
            arguments += ["--prerelease", "allow"]
        finished = self.uv.run(*arguments)
        listing.unlink(missing_ok=True)
        return None if finished.succeeded else finished.text

    def _relaxed(self, python: Interpreter, remark: str) -> Installed:
        """The nearest releases that install, one package at a time."""
        first = self.first
        assert first is not None
        if self.strict or first.kind is not FailureKind.NO_BUILD:
            raise self._error(first)
        requirements, notes = self.recipe.requirements, dict[str, str]()
        failure = self._try(python, requirements, wheels_only=True)
        for _ in range(_RELAXED_PINS):
            if failure is None:
                return Installed(python, (*self._remarks(python, remark), *notes.values()))
            step = relax(requirements, failure, python, self.uv, frozenset(notes))
            if step is None:
                break
            requirements = step.requirements
            notes[step.package] = step.remark
            failure = self._try(python, requirements, wheels_only=True)
        raise self._error(first)

    def _remarks(self, python: Interpreter, remark: str) -> tuple[str, ...]:
        asked = self.recipe.python
        if not asked or satisfies(python.version, asked):
            return ()
        reason = remark or f"its packages do not install on Python {asked}"
        return (f"{reason}; took {python.minor}, the nearest that {'they install on' if remark == '' else 'serves'}",)

    def _error(self, failure: Failure) -> EnvironmentBuildError:
        if failure.kind is FailureKind.UNREACHABLE:
            return EnvironmentBuildError(
                f"the package index cannot be reached: {failure.reason}",
                hint="check the network, and the index and certificates that pip is configured with",
            )
        if failure.kind is FailureKind.MISSING and "no version" not in failure.reason:
            near = did_you_mean(failure.package, _known_packages())
            return EnvironmentBuildError(
                f"no package index has a '{failure.package}'", hint=near or "check the spelling in the packages list"
            )
        return EnvironmentBuildError(f"packages cannot be installed: {failure.reason}")


def _known_packages() -> set[str]:
    from core.environments.conda_names import PYPI_NAMES
    from core.environments.curated import curated_packages

    return {requirement_name(line) for line in (*NATIVE, *PYPI_NAMES.values(), *curated_packages()) if line}
