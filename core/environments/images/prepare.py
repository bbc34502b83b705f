"""From what a step's environment says to an image on a host."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.definitions.environment import EnvironmentSpec
from core.environments.images.logs import log_of
from core.environments.images.pulling import image_named, pull
from core.environments.images.value import ENVIRONMENT_LABEL, ImageEnvironment
from core.environments.images.wanted import Wanted, stands_on, wanted_image
from core.environments.images.work import Work
from core.environments.recipe import YamlText
from core.environments.turns import in_turn
from core.errors import EnvironmentBuildError, Notice
from core.hosts.engine import Engine
from core.hosts.errors import HostError, HostUnreachableError
from core.hosts.references import familiar
from core.layout import Layout


def prepare_image(
    engine: Engine,
    spec: EnvironmentSpec,
    layout: Layout,
    heard: Callable[[str], None] = lambda line: None,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    read_yaml: YamlText | None = None,
) -> ImageEnvironment:
    """The image of an environment on the engine's host, pulled or built when it is not there.

    One call to the host when it is. Built once even when several threads or processes want it: the others wait and
    hear what the first one says. `heard` is told how that goes, `cancelled` is asked a few times a second, `read_yaml`
    parses conda files. Raises EnvironmentBuildError with what is wrong and where, HostUnreachableError when the host
    does not answer; nothing that looks finished is left of a failed or cancelled build.
    """
    wanted = wanted_image(spec, read_yaml)
    log = log_of(wanted, layout, engine.name)
    preparation = _Preparation(engine, wanted, layout, log, heard, cancelled)
    try:
        return preparation.present() or preparation.once()
    except HostUnreachableError:
        raise
    except (EnvironmentBuildError, HostError) as error:
        where = f"build log: {log}" if log.exists() else ""
        raise EnvironmentBuildError(
            f"environment '{spec.name}': {error.message}",
            location=error.location or spec.location,
            hint="; ".join(filter(None, (error.hint, where))),
        ) from error


def is_there(engine: Engine, spec: EnvironmentSpec, layout: Layout, read_yaml: YamlText | None = None) -> bool:
    """Whether the host has the image of an environment already (one call). Raises HostError."""
    try:
        wanted = wanted_image(spec, read_yaml)
    except EnvironmentBuildError:
        return False
    log = log_of(wanted, layout, engine.name)
    return _Preparation(engine, wanted, layout, log, lambda line: None, lambda: False).present() is not None


@dataclass(frozen=True, slots=True)
class _Preparation:
    """One image to be, and where."""

    engine: Engine
    wanted: Wanted
    layout: Layout
    log: Path
    heard: Callable[[str], None]
    cancelled: Callable[[], bool]

    def present(self) -> ImageEnvironment | None:
        """The image if the host has it, and nothing newer under the names of what it was built on."""
        if not self.wanted.is_built:
            found = image_named(self.engine, self.wanted.base)
            return self._environment(str(found["Id"])) if found else None
        listing = self.engine.images_named(self.wanted.reference, *self.wanted.bases)
        now = {name: (str(each["Id"]), float(each["Created"])) for each in listing for name in _names(each)}
        for each in listing:
            labels = each.get("Labels") or {}
            is_it = labels.get(ENVIRONMENT_LABEL) == self.wanted.digest
            if is_it and stands_on(now, labels, float(each["Created"])):
                return self._environment(str(each["Id"]), tuple(labels.get("mlpw.remarks", "").splitlines()))
        return None

    def once(self) -> ImageEnvironment:
        """Pull or build, unless another thread or process did so meanwhile."""
        for folder in (self.layout.environments, self.layout.locks):
            folder.mkdir(parents=True, exist_ok=True)
        lock = self.layout.locks / f"image-{self.log.stem}"
        with in_turn(lock, self.log, self.wanted.spec.name, self.heard, self.cancelled):
            return self.present() or self._make()

    def _make(self) -> ImageEnvironment:
        with self.log.open("w", encoding="utf-8") as file:
            work = Work(self.engine, file, self.heard, self.cancelled)
            try:
                return self._pull_or_build(work)
            except (EnvironmentBuildError, HostError) as error:
                where = f"{error.location}: " if error.location else ""
                work.note(f"failed: {where}{error.message}")
                raise

    def _pull_or_build(self, work: Work) -> ImageEnvironment:
        if not self.wanted.is_built:
            return self._environment(str(pull(work, self.wanted.base)["Id"]))
        from core.environments.images.building import build  # most environments are there

        started = time.monotonic()
        work.note(f"environment '{self.wanted.spec.name}' on {self.engine.name}: {_asked(self.wanted)}")
        made, remarks = build(work, self.layout, self.wanted, os.environ)
        work.announce(f"ready after {time.monotonic() - started:.1f} s: {self.wanted.reference}")
        return self._environment(made, remarks)

    def _environment(self, image: str, remarks: tuple[str, ...] = ()) -> ImageEnvironment:
        spec = self.wanted.spec
        said = tuple(Notice(f"environment '{spec.name}': {remark}", spec.location) for remark in remarks)
        digest = self.wanted.digest if self.wanted.is_built else ""
        return ImageEnvironment(
            image, self.wanted.reference, digest, (*self.wanted.notices, *said), spec.environment_variables
        )


def _names(image: Mapping[str, Any]) -> list[str]:
    """What an image is called, as `familiar` writes it."""
    return [familiar(name) for name in (*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ()))]


def _asked(wanted: Wanted) -> str:
    if wanted.recipe is None:
        return f"{wanted.spec.dockerfile or 'Dockerfile'} of the context {wanted.spec.build_folder}"
    lines = ", ".join([*wanted.recipe.options, *wanted.recipe.wanted])
    return f"image {wanted.base}, {lines or 'nothing more'}"
