"""An image built on a host: its base had, the way chosen, and its name given when it is whole."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from core.definitions.built_folders import content_digest
from core.environments.builder import stay_as_planned
from core.environments.images.installing import install
from core.environments.images.machine_settings import machine_settings
from core.environments.images.pulling import image_named, pull
from core.environments.images.site import Site, builder_name, opened
from core.environments.images.stages import Context, follow
from core.environments.images.value import BUILDER_LABEL, ENVIRONMENT_LABEL
from core.environments.images.wanted import Wanted
from core.environments.images.work import Work
from core.errors import EnvironmentBuildError
from core.layout import Layout


def build(work: Work, layout: Layout, wanted: Wanted, environ: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Build an image where it is not; its id, and what is not as it was asked for.

    `environ` are the variables of this machine's package indexes, certificates and proxies. Raises
    EnvironmentBuildError with the line at fault.
    """
    settings = machine_settings(environ, "\n".join(_texts(wanted)))
    work = replace(work, secrets=settings.secrets)
    with opened(work, layout, wanted.digest, settings) as site:
        remarks: tuple[str, ...] = ()
        if wanted.recipe is None:
            made = _follow(site, layout, wanted)
        else:
            stay_as_planned(wanted.recipe)
            base = str((image_named(work.engine, wanted.base) or pull(work, wanted.base))["Id"])
            made, remarks = install(site, wanted, base, _labels(wanted, {wanted.base: base}, layout), layout.root)
            stay_as_planned(wanted.recipe)
        work.engine.tag(made, wanted.reference)
    return made, remarks


def _texts(wanted: Wanted) -> list[str]:
    """What says which packages are installed."""
    if wanted.recipe is not None:
        return list(wanted.recipe.wanted)
    dockerfile = Path(wanted.spec.build_folder, wanted.spec.dockerfile or "Dockerfile")
    own = [dockerfile.read_text("utf-8", "replace")] if dockerfile.is_file() else []
    return [*own, *wanted.spec.build_files.values()]


def _follow(site: Site, layout: Layout, wanted: Wanted) -> str:
    """What the Dockerfile of a build context makes."""
    spec = wanted.spec
    folder = Path(spec.build_folder)
    if "://" in spec.build_folder:
        raise EnvironmentBuildError(
            f"the build context {spec.build_folder} is not on this machine", hint="build: path: takes a folder"
        )
    if not folder.is_dir():
        raise EnvironmentBuildError(f"the build context {folder} is not there any more")
    dockerfile = spec.dockerfile or "Dockerfile"
    shown = os.fspath(folder / dockerfile).removeprefix(f"{os.fspath(layout.root)}/")
    _stay_as_planned(wanted)
    image, bases = follow(site, Context(folder, dockerfile, shown), builder_name(layout))
    _stay_as_planned(wanted)
    return site.labelled(image, _labels(wanted, bases, layout))


def _stay_as_planned(wanted: Wanted) -> None:
    """The image is called after its content, which must be what was planned with."""
    spec = wanted.spec
    if content_digest(spec.build_folder, spec.dockerfile) != spec.build_context:
        raise EnvironmentBuildError(
            f"the build context {spec.build_folder} changed since the run was planned", hint="run it again"
        )


def _labels(wanted: Wanted, bases: Mapping[str, str], layout: Layout) -> dict[str, str]:
    return {
        ENVIRONMENT_LABEL: wanted.digest,
        BUILDER_LABEL: builder_name(layout),
        "mlpw.name": wanted.spec.name,
        "mlpw.bases": json.dumps(dict(bases)),
    }
