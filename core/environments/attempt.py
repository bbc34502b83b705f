"""One try at an environment: a fresh virtual environment on one Python, and packages into it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.definitions.environment import without_extras
from core.environments.failures import Failure, read_failure
from core.environments.interpreters import Interpreter
from core.environments.recipe import Recipe
from core.environments.requirements import NATIVE, requirement_name
from core.environments.uv import Uv
from core.errors import EnvironmentBuildError

#: What conda's and Azure ML's environments always hold; setuptools 81 and later lack pkg_resources.
_SEEDS = {"pip": "pip", "setuptools": "setuptools<81"}

_SOURCES = ("--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--no-index")


@dataclass(frozen=True, slots=True)
class Workbench:
    """Where tries are made: the folder that the environment is made in, and uv."""

    folder: Path
    uv: Uv

    def bare(self, python: Interpreter) -> None:
        """Nothing but an interpreter; pip too when it can be had, as steps may install what they need."""
        self._venv(python)
        self._pip_install(Recipe(), (), (), native_wheels_only=True)

    def attempt(
        self,
        recipe: Recipe,
        requirements: Sequence[str],
        python: Interpreter,
        limits: tuple[str, ...] = (),
        native_wheels_only: bool = True,
    ) -> Failure | None:
        """Make the environment with these requirements on a Python; None when it worked.

        `limits` are versions that packages keep to if anything needs them; `native_wheels_only` compiles nothing that
        takes minutes.
        """
        how = "" if native_wheels_only else ", compiling where needed"
        self.uv.announce(f"installing on Python {python}{how}: {', '.join(requirements)}")
        self._venv(python)
        requirements, said = self._with_wheels(recipe, requirements)
        said = said or self._pip_install(recipe, requirements, limits, native_wheels_only=native_wheels_only)
        return None if said is None else read_failure(said)

    def _with_wheels(self, recipe: Recipe, requirements: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
        """The requirements with wheels for the workspace's own projects, or what uv said when one cannot be built.

        Asked to install a folder, uv takes what it built of it before for as long as its pyproject.toml is the same:
        https://docs.astral.sh/uv/concepts/cache/#dynamic-metadata
        """
        found: list[str] = []
        for number, line in enumerate(requirements):
            path = without_extras(line)
            if line not in recipe.local_paths or not Path(path).is_dir():
                found.append(line)
                continue
            made = self.folder.with_suffix(".wheels") / str(number)
            shutil.rmtree(made, ignore_errors=True)
            python = self.folder / "bin" / "python"
            built = self.uv.run("build", "--wheel", "--python", python, "--out-dir", made, *self._sources(recipe), path)
            if not built.succeeded:
                return (), built.text
            found.append(f"{next(made.glob('*.whl'))}{line.removeprefix(path)}")
        return tuple(found), None

    def _sources(self, recipe: Recipe) -> list[str]:
        """Where packages may come from, as arguments."""
        words = [word for line in recipe.options for word in line.split(maxsplit=1) if line.startswith(_SOURCES)]
        return [*words, "--no-index"] if self.uv.settings.variables.get("UV_NO_INDEX") else words

    def _venv(self, python: Interpreter) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        made = self.uv.run("venv", "--quiet", "--relocatable", "--python", python.path, self.folder)
        if not made.succeeded:
            raise EnvironmentBuildError(f"no environment on {python.path}: {read_failure(made.text).reason}")

    def _pip_install(
        self, recipe: Recipe, requirements: Sequence[str], limits: Sequence[str], *, native_wheels_only: bool
    ) -> str | None:
        """None when all is installed, else what uv said."""
        named = {requirement_name(line) for line in requirements}
        seeds = {name: line for name, line in _SEEDS.items() if name not in named}
        said = self._run(recipe, [*requirements, *seeds.values()], limits, native_wheels_only)
        if said is not None and read_failure(said).package in seeds:
            return self._run(recipe, requirements, limits, native_wheels_only)
        return said

    def _run(
        self, recipe: Recipe, requirements: Sequence[str], limits: Sequence[str], native_wheels_only: bool
    ) -> str | None:
        wheels = [f"--only-binary {name}" for name in NATIVE] if native_wheels_only else []
        listing = self._write(".txt", [*recipe.options, *wheels, *requirements])
        arguments: list[str | Path] = ["pip", "install", "--python", self.folder / "bin" / "python", "-r", listing]
        if limits:
            arguments += ["-c", self._write(".limits", limits)]
        if self.uv.settings.variables.get("UV_NO_INDEX"):
            arguments.append("--no-index")  # uv reads this one from no variable
        if recipe.allow_prereleases:
            arguments += ["--prerelease", "allow"]
        finished = self.uv.run(*arguments)
        return None if finished.succeeded else finished.text

    def _write(self, ending: str, lines: Sequence[str]) -> Path:
        path = self.folder.with_suffix(ending)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path
