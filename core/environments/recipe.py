"""From what an environment's definition says to what uv is asked for: pure decisions, no building."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.definitions.environment import EnvironmentSpec
from core.environments.conda import inline_requirements, read_conda_file, translate
from core.environments.curated import image_python, resolve_curated
from core.environments.dockerfile import read_dockerfile
from core.errors import EnvironmentBuildError, Notice

#: What an environment that asks for no Python gets: what Azure ML's images of today bring.
USUAL_PYTHON = "3.10"

#: pip options that uv understands inside a requirements file; the others change nothing about what is installed.
_OPTIONS = ("--index-url", "-i ", "--extra-index-url", "--find-links", "-f ", "--no-index", "--no-binary",
            "--only-binary", "-c ", "--constraint")  # fmt: skip

YamlText = Callable[[str], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What uv must make: a Python ("3.10", ">=3.8,<3.11" or "" for any) with requirements, under pip's options."""

    python: str = ""
    requirements: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    allow_prereleases: bool = False
    #: Folders and archives of this machine, and the digests that identify them.
    local_paths: tuple[str, ...] = ()
    local_digests: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """All requirement lines as uv reads them on this machine."""
        return self.requirements + self.local_paths

    @property
    def is_bare(self) -> bool:
        """Whether nothing at all is asked for: the default environment."""
        return not (self.python or self.wanted)

    def identity(self) -> dict[str, object]:
        """What the recipe's digest is made of: content only."""
        return {
            "python": self.python,
            "requirements": list(self.requirements),
            "options": list(self.options),
            "prereleases": self.allow_prereleases,
            "local": list(self.local_digests),
        }


def localize(spec: EnvironmentSpec, read_yaml: YamlText | None = None) -> tuple[EnvironmentSpec, tuple[Notice, ...]]:
    """The spec that local processes run in, with what was assumed for it: images and build contexts become packages.

    A spec with packages or a Python of its own is given back as it is. `read_yaml` parses a conda file's text, for
    conda files that stand in a build context; without it they are not used.
    """
    if spec.has_python:
        return spec, ()
    if spec.build_context or spec.build_files:
        return _from_context(spec, read_yaml)
    if known := resolve_curated(spec.image or spec.name):
        return _with(spec, known), ()
    if spec.image:
        return _from_image(spec)
    return spec, ()


def recipe_of(spec: EnvironmentSpec) -> tuple[Recipe, tuple[Notice, ...]]:
    """The recipe of a localized spec, with what conda names and PyPI lacks.

    Raises EnvironmentBuildError for packages of R.
    """
    try:
        translated = translate(spec.conda)
    except EnvironmentBuildError as error:
        message = f"environment '{spec.name}': {error.message}"
        raise EnvironmentBuildError(message, location=spec.location, hint=error.hint) from error
    requirements = list(translated.requirements)
    options: list[str] = []
    unused: list[str] = []
    for line in spec.packages:
        kind = requirements if not line.startswith("-") or line.startswith(("-e ", "--editable")) else (
            options if line.startswith(_OPTIONS) else unused)  # fmt: skip
        kind.append(_without_editable(line))
    recipe = Recipe(
        spec.python or translated.python,
        tuple(dict.fromkeys(requirements)),
        tuple(dict.fromkeys(options)),
        "--pre" in unused,
        tuple(package.path for package in spec.local_packages),
        tuple(package.digest for package in spec.local_packages),
    )
    return recipe, tuple(_dropped(spec, translated.dropped))


def _dropped(spec: EnvironmentSpec, names: Sequence[str]) -> list[Notice]:
    if not names:
        return []
    subject = "is a system package" if len(names) == 1 else "are system packages"
    return [Notice(f"{', '.join(names)} {subject} that only conda has; left out of '{spec.name}'", spec.location)]


def _without_editable(line: str) -> str:
    """'-e git+https://h/x' -> 'git+https://h/x': a kept environment must not change when its source does."""
    for option in ("--editable=", "--editable ", "-e "):
        if line.startswith(option):
            return line.removeprefix(option).strip()
    return line


def _with(spec: EnvironmentSpec, known: EnvironmentSpec) -> EnvironmentSpec:
    return replace(
        spec,
        python=known.python,
        packages=known.packages,
        conda=known.conda,
        environment_variables={**known.environment_variables, **spec.environment_variables},
    )


def _from_image(spec: EnvironmentSpec) -> tuple[EnvironmentSpec, tuple[Notice, ...]]:
    python = image_python(spec.image)
    what = f"a bare Python {python}" if python else "the workspace's default environment"
    text = f"image '{spec.image}' is not used on local compute; its steps run in {what}"
    return replace(spec, python=python), (Notice(text, spec.location),)


def _from_context(spec: EnvironmentSpec, read_yaml: YamlText | None) -> tuple[EnvironmentSpec, tuple[Notice, ...]]:
    """What the context's Dockerfile installs, else what its requirements.txt or conda file lists."""
    files = spec.build_files
    dockerfile = spec.dockerfile or "Dockerfile"
    installs = read_dockerfile(files.get(dockerfile, ""), files)
    base = resolve_curated(installs.image) if installs.image else None
    conda, pip = [*installs.conda], [*installs.pip]
    sources = [dockerfile] if pip or conda or base else []
    for path in installs.conda_files or (() if pip or conda else _conda_files(files)):
        if read_yaml:
            found = read_conda_file(read_yaml(files[path]))
            conda.extend(found.conda)
            pip.extend(found.pip)
            sources.append(path)
    if not pip and not conda:
        for path in (each for each in sorted(files) if _is_requirements(each)):
            pip.extend(inline_requirements(files[path].splitlines(), files.get))
            sources.append(path)
    python = "" if any(line.startswith("python=") for line in conda) else image_python(installs.image)
    local = replace(
        spec,
        python=python or (base.python if base else ""),
        conda=tuple(conda),
        packages=(*(base.packages if base else ()), *pip),
    )
    if sources:
        text = (
            f"build context of '{spec.name}' is not built on local compute; took the packages of {', '.join(sources)}"
        )
    else:
        text = (
            f"build context of '{spec.name}' is not built on local compute; it names no Python packages, so its steps"
        )
        text += f" run in {f'a bare Python {python}' if python else 'the default environment'}"
    return local, (Notice(text, spec.location),)


def _is_requirements(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("requirements") and name.endswith((".txt", ".in"))


def _conda_files(files: Mapping[str, str]) -> list[str]:
    names = ("conda.yml", "conda.yaml", "environment.yml", "environment.yaml", "conda_dependencies.yml",
             "conda_dependencies.yaml")  # fmt: skip
    return [path for path in sorted(files) if path.rpartition("/")[2] in names]
