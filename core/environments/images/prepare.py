"""From what a step's environment says to an image on a host."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from core.definitions.environment import EnvironmentSpec
from core.environments.images.pulling import pull
from core.environments.images.value import ImageEnvironment
from core.environments.images.work import Work
from core.environments.recipe import YamlText
from core.environments.turns import in_turn
from core.errors import EnvironmentBuildError
from core.hosts.engine import Engine
from core.hosts.errors import HostError, HostUnreachableError
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

    One call to the host when it is. `heard` is told how that goes, `cancelled` is asked a few times a second,
    `read_yaml` parses conda files of build contexts. Raises EnvironmentBuildError with what is wrong and where,
    HostUnreachableError when the host does not answer; nothing is kept of a failed or cancelled build.
    """
    if spec.has_python or spec.build_context or not spec.image:
        raise EnvironmentBuildError(f"environment '{spec.name}': only images as they are run on Docker hosts")
    log = image_build_log(spec, layout, engine.name, read_yaml)
    try:
        return _present(engine, spec) or _made(engine, spec, layout, log, heard, cancelled)
    except HostUnreachableError:
        raise
    except (EnvironmentBuildError, HostError) as error:
        where = f"build log: {log}" if log.exists() else ""
        raise EnvironmentBuildError(
            f"environment '{spec.name}': {error.message}",
            location=error.location or spec.location,
            hint="; ".join(filter(None, (error.hint, where))),
        ) from error


def image_build_log(spec: EnvironmentSpec, layout: Layout, host: str, read_yaml: YamlText | None = None) -> Path:
    """Where `prepare_image` writes about the same spec on a host; the file is there once work on it began."""
    digest = hashlib.sha256(json.dumps(["image", spec.image]).encode()).hexdigest()[:32]
    return layout.environments / f"{digest}.{host}.log"


def _present(engine: Engine, spec: EnvironmentSpec) -> ImageEnvironment | None:
    found = engine.image(spec.image)
    return ImageEnvironment(str(found["Id"]), spec.image, variables=spec.environment_variables) if found else None


def _made(
    engine: Engine,
    spec: EnvironmentSpec,
    layout: Layout,
    log: Path,
    heard: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> ImageEnvironment:
    for folder in (layout.environments, layout.locks):
        folder.mkdir(parents=True, exist_ok=True)
    with in_turn(layout.locks / f"image-{log.stem}", log, spec.name, heard, cancelled):
        if found := _present(engine, spec):
            return found
        with log.open("w", encoding="utf-8") as file:
            made = pull(Work(engine, file, heard, cancelled), spec.image)
        return ImageEnvironment(str(made["Id"]), spec.image, variables=spec.environment_variables)
