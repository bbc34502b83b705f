"""What image an environment means: one as it is, packages on one, or what a Dockerfile makes. Pure decisions."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.definitions.environment import EnvironmentSpec
from core.environments.images.instructions import base_images
from core.environments.interpreters import satisfies
from core.environments.recipe import USUAL_PYTHON, Recipe, YamlText, localize, recipe_of
from core.errors import Notice
from core.hosts.references import familiar

#: What images that mlpw builds are called; the tag names the content.
REPOSITORY = "mlpw-environment"
#: Raised when the same content would be built in another way.
_FORMAT = 1
_PYTHONS = [(3, minor, 0) for minor in (10, 11, 12, 13, 9, 8, 7, 6)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image to be had. `base` is what it is, or is built on ("" for a Dockerfile, which names its own `bases`).

    `recipe` is what is installed on the base, None for nothing; `digest` names the content that is built.
    """

    spec: EnvironmentSpec
    base: str = ""
    recipe: Recipe | None = None
    bases: tuple[str, ...] = ()
    digest: str = ""
    notices: tuple[Notice, ...] = ()

    @property
    def is_built(self) -> bool:
        """Whether it is made by mlpw, not by somebody else."""
        return self.recipe is not None or not self.base

    @property
    def reference(self) -> str:
        """What it is called on a host."""
        return f"{REPOSITORY}:{self.digest}" if self.is_built else self.base


def wanted_image(spec: EnvironmentSpec, read_yaml: YamlText | None = None) -> Wanted:
    """What a Docker host runs an environment's steps in.

    Packages without an image stand on the image of Python that Docker publishes (https://hub.docker.com/_/python).
    Raises EnvironmentBuildError for packages of R.
    """
    if spec.build_context and not spec.has_python:
        text = spec.build_files.get(spec.dockerfile or "Dockerfile", "")
        found = Wanted(spec, bases=base_images(text))
    elif spec.image and not spec.has_python:
        found = Wanted(spec, spec.image, bases=(spec.image,))
    else:
        local = spec if spec.has_python else localize(spec, read_yaml)[0]
        recipe, notices = recipe_of(local)
        base = spec.image or f"python:{python_for(recipe.python)}-slim"
        kept = recipe if recipe.wanted or spec.image else None
        if spec.build_context:
            text = f"environment '{spec.name}' has packages and a build context; only the packages are used"
            notices = (*notices, Notice(text, spec.location))
        found = Wanted(local, base, kept, (base,), notices=notices)
    return replace(found, digest=_digest(found))


def python_for(asked: str) -> str:
    """The minor version of Python for a request, which may be empty: '>=3.8,<3.10' -> '3.9'."""
    usual = tuple(map(int, USUAL_PYTHON.split(".")))
    every = sorted(_PYTHONS, key=lambda each: each[:2] != usual)
    fitting = [each for each in every if satisfies(each, asked)]
    if not fitting:
        return ".".join(asked.lstrip("=<>~! ").split(",")[0].split(".")[:2])
    return f"{fitting[0][0]}.{fitting[0][1]}"


def fitting_pythons(asked: str) -> list[str]:
    """Every minor version that meets a request, [] when any does."""
    return [f"3.{minor}" for minor in range(20) if satisfies((3, minor, 0), asked)] if asked else []


def stands_on(now: Mapping[str, tuple[str, float]], labels: Mapping[str, str], created_at: float) -> bool:
    """Whether nothing newer stands on a host under the names of what an image was built on.

    `now` are ids and times by name, as far as they are there. An image that came from another host may have been built
    on another image of that name than this host has; it is used until that one is newer.
    """
    for reference, base in made_on(labels).items():
        found, since = now.get(familiar(reference), (base, 0.0))
        if found != base and since >= created_at:
            return False
    return True


def made_on(labels: Mapping[str, str]) -> Mapping[str, str]:
    """The images that an image was built on: ids by name."""
    try:
        found: Mapping[str, str] = json.loads(labels.get("mlpw.bases", "{}"))
    except ValueError:
        return {}
    return found


def _digest(wanted: Wanted) -> str:
    parts = {
        "format": _FORMAT,
        "base": wanted.base,
        "recipe": wanted.recipe.identity() if wanted.recipe else None,
        "context": "" if wanted.base else wanted.spec.build_context,
        "dockerfile": "" if wanted.base else wanted.spec.dockerfile,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
