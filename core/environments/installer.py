"""Which Python and which releases an environment gets, when not all that was asked for can be had."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.environments.attempt import Workbench
from core.environments.failures import Failure, FailureKind
from core.environments.interpreters import Interpreter, by_nearness, find_interpreters, own_interpreter, satisfies
from core.environments.kept import installed_version
from core.environments.recipe import USUAL_PYTHON, Recipe
from core.environments.relaxing import relax
from core.environments.requirements import NATIVE, requirement_name
from core.errors import EnvironmentBuildError, did_you_mean

#: How many other Pythons are tried with wheels alone, and how many may compile.
_OTHER_PYTHONS = 6
_COMPILING_PYTHONS = 2
#: How often a pinned package may give way before the build fails.
_RELAXED_PINS = 16
_DOWNLOAD_SECONDS = 300.0
#: numpy 2 came with Python 3.9 and breaks what was compiled against 1 (https://numpy.org/news/#numpy-200-released);
#: Python 3.13 has no wheels of 1.
_OLD_NUMPY = ("numpy<2",)
_ADDITIONAL = ("--extra-index-url", "--find-links", "-f ")


@dataclass(frozen=True, slots=True)
class Installed:
    """What was made: the Python, each thing that is not as it was asked for, hosts whose packages were left out."""

    python: Interpreter
    remarks: tuple[str, ...] = ()
    silent_hosts: tuple[str, ...] = ()


def install(recipe: Recipe, workbench: Workbench, *, strict: bool = False) -> Installed:
    """Make the environment of a recipe in the workbench's folder.

    Tried in order: the Python asked for, the nearest others, and (unless `strict`) the nearest releases of pinned
    packages that nothing here can install. Raises EnvironmentBuildError with the first reason when all fail.
    """
    if recipe.is_bare:
        python = own_interpreter()
        workbench.bare(python)
        return Installed(python)
    pythons = _pythons(recipe.python, workbench)
    if not recipe.wanted:
        workbench.bare(pythons[0])
        return Installed(pythons[0], _about_python(recipe, pythons[0], pythons[0]))
    tries = _Tries(recipe, workbench, pythons, strict)
    if found := tries.on_any_python():
        return Installed(found, (*tries.remarks, *_about_python(recipe, pythons[0], found)), tries.silent_hosts)
    if strict:
        raise tries.error()
    return tries.with_nearest_releases()


def _pythons(asked: str, workbench: Workbench) -> list[Interpreter]:
    """The Pythons to try, best first; one that is not here is fetched when the network allows it."""
    found = by_nearness(asked, find_interpreters(), USUAL_PYTHON)
    if not satisfies(found[0].version, asked) and _download(asked, workbench):
        found = by_nearness(asked, find_interpreters(), USUAL_PYTHON)
    return found


def _download(asked: str, workbench: Workbench) -> bool:
    """Whether uv could fetch a Python; without a network the answer comes in a second."""
    workbench.uv.announce(f"fetching Python {asked}")
    minor = ".".join(asked.split(".")[:2]) if asked[:1].isdigit() else asked
    patience = {"UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "20", "UV_HTTP_CONNECT_TIMEOUT": "5"}
    fetched = workbench.uv.run("python", "install", minor, extra=patience, seconds=_DOWNLOAD_SECONDS).succeeded
    find_interpreters.cache_clear()
    return fetched


def _about_python(recipe: Recipe, best: Interpreter, taken: Interpreter) -> tuple[str, ...]:
    """What to say when the Python is not the one asked for."""
    if not recipe.python or satisfies(taken.version, recipe.python):
        return ()
    if satisfies(best.version, recipe.python):
        why = f"its packages do not install on Python {recipe.python} here"
    else:
        why = f"Python {recipe.python} cannot be had on this machine"
    return (
        f"{why}; took {taken.minor}, the nearest {'that its packages install on' if recipe.requirements else 'here'}",
    )


@dataclass(slots=True)
class _Tries:
    """The tries at one recipe; `first` is why the first one failed."""

    recipe: Recipe
    workbench: Workbench
    pythons: Sequence[Interpreter]
    strict: bool
    first: Failure | None = None
    remarks: tuple[str, ...] = ()
    silent_hosts: tuple[str, ...] = ()

    def on_any_python(self) -> Interpreter | None:
        """The first Python that all requirements install on as they are, else None."""
        for python, native_wheels_only in self._plan():
            limits = self._limits(python, relaxed=False)
            failure = self.workbench.attempt(self.recipe, self.recipe.wanted, python, limits, native_wheels_only)
            if failure and failure.kind is FailureKind.UNREACHABLE and self._leave_out_indexes():
                failure = self.workbench.attempt(self.recipe, self.recipe.wanted, python, limits)
            while failure and failure.kind is FailureKind.NO_HOST and self._leave_out_repositories(failure.package):
                failure = self.workbench.attempt(self.recipe, self.recipe.wanted, python, limits, native_wheels_only)
            if failure is None:
                return python
            self._judge(failure)
        return None

    def with_nearest_releases(self) -> Installed:
        """All requirements on the best Python, with the packages that cannot be had giving way one at a time."""
        if self.first is None or self.first.kind is not FailureKind.NO_BUILD:
            raise self.error()
        python, requirements, reasons = self.pythons[0], self.recipe.wanted, dict[str, str]()
        limits = self._limits(python, relaxed=True)
        for _ in range(_RELAXED_PINS):
            failure = self.workbench.attempt(self.recipe, requirements, python, limits)
            if failure is None:
                remarks = (self._gave_way(name, reason) for name, reason in reasons.items())
                told = (*self.remarks, *_about_python(self.recipe, python, python), *remarks)
                return Installed(python, told, self.silent_hosts)
            step = relax(requirements, failure, python, self.workbench.uv, frozenset(reasons))
            if step is None:
                break
            requirements = step.requirements
            reasons.setdefault(step.package, step.reason)
        raise self.error()

    def error(self) -> EnvironmentBuildError:
        """The first failure, as a person can act on it."""
        return explained(self.first or Failure(FailureKind.OTHER, "nothing was tried"))

    def _plan(self) -> Iterable[tuple[Interpreter, bool]]:
        """Each Python to try, and whether with wheels alone for what takes minutes to compile."""
        yield self.pythons[0], True
        if self._is_asked:
            yield self.pythons[0], False
        for python in self.pythons[1 : _OTHER_PYTHONS + 1]:
            if python.version >= (3, 7, 0):
                yield python, True
        for python in self.pythons[self._is_asked : _COMPILING_PYTHONS]:
            yield python, False

    @property
    def _is_asked(self) -> bool:
        """Whether the best Python is what the recipe asks for by name."""
        return bool(self.recipe.python) and satisfies(self.pythons[0].version, self.recipe.python)

    def _limits(self, python: Interpreter, *, relaxed: bool) -> tuple[str, ...]:
        """What a newer Python must not bring along, which the one asked for could not have brought."""
        asked = by_nearness(self.recipe.python, _all_minors(), USUAL_PYTHON)[0]
        is_substitute = asked.version < (3, 9, 0) and python.version[:2] != asked.version[:2]
        return _OLD_NUMPY if (is_substitute or relaxed) and python.version < (3, 13, 0) else ()

    def _leave_out_indexes(self) -> bool:
        """Go on without additional indexes when one does not answer, as pip does; whether there were any."""
        options = tuple(line for line in self.recipe.options if not line.startswith(_ADDITIONAL))
        uv = self.workbench.uv.without_additional_indexes()
        if options == self.recipe.options and uv == self.workbench.uv:
            return False
        self.recipe = replace(self.recipe, options=options)
        self.workbench = replace(self.workbench, uv=uv)
        self.remarks = ("an additional package index does not answer; its packages come from the others",)
        return True

    def _leave_out_repositories(self, host: str) -> bool:
        """Go on without what lies in git repositories of a host out of reach; whether there was any.

        The templates of https://github.com/Azure/mlops-v2 ask for two such packages that only monitoring imports.
        """
        lines = tuple(line for line in self.recipe.requirements if "git+" in line and f"{host}/" in line)
        if self.strict or not lines:
            return False
        kept = tuple(line for line in self.recipe.requirements if line not in lines)
        self.recipe = replace(self.recipe, requirements=kept)
        why = f"left out, for {host} cannot be reached: a step that imports it fails"
        self.remarks = (*self.remarks, *(f"'{line}' {why}" for line in lines))
        self.silent_hosts = (*self.silent_hosts, host)
        return True

    def _judge(self, failure: Failure) -> None:
        """Remember the first reason; raise when another Python cannot help."""
        is_first = self.first is None
        self.first = self.first or failure
        hopeless = {FailureKind.MISSING, FailureKind.OTHER, FailureKind.NO_HOST}
        if self._is_asked or not self.recipe.python:
            hopeless.add(FailureKind.CONFLICT)
        if failure.kind is FailureKind.UNREACHABLE or (is_first and failure.kind in hopeless):
            raise explained(failure)

    def _gave_way(self, name: str, reason: str) -> str:
        asked = next(line for line in self.recipe.requirements if requirement_name(line) == name)
        version = installed_version(self.workbench.folder, name)
        return f"'{asked}' {reason}; took {name} {version}, the nearest release that can"


def _all_minors() -> Iterable[Interpreter]:
    from pathlib import Path

    return (Interpreter(Path(), (3, minor, 0)) for minor in range(6, 20))


def explained(failure: Failure) -> EnvironmentBuildError:
    """A failed installation, as a person can act on it."""
    if failure.kind is FailureKind.UNREACHABLE:
        return EnvironmentBuildError(
            f"the package index cannot be reached: {failure.reason}",
            hint="check the network, and the index and certificates that pip is configured with",
        )
    if failure.kind is FailureKind.MISSING and "not found" in failure.reason:
        near = did_you_mean(failure.package, _known_packages())
        return EnvironmentBuildError(
            f"no package index has a '{failure.package}'", hint=near or "check its spelling in the packages list"
        )
    return EnvironmentBuildError(f"packages cannot be installed: {failure.reason}")


def _known_packages() -> set[str]:
    from core.environments.conda_names import PYPI_NAMES
    from core.environments.curated import curated_packages

    return {requirement_name(line) for line in (*NATIVE, *PYPI_NAMES.values(), *curated_packages()) if line}
