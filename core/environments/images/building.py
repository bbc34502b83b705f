"""An image built on a host: its base had, the way chosen, and its name given when it is whole."""

import json
from collections.abc import Mapping
from dataclasses import replace

from core.environments.images.installing import install
from core.environments.images.machine_settings import machine_settings
from core.environments.images.pulling import pull
from core.environments.images.site import opened
from core.environments.images.value import ENVIRONMENT_LABEL
from core.environments.images.wanted import Wanted
from core.environments.images.work import Work
from core.errors import EnvironmentBuildError
from core.layout import Layout


def build(work: Work, layout: Layout, wanted: Wanted, environ: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Build an image where it is not; its id, and what is not as it was asked for.

    `environ` are the variables of this machine's package indexes, certificates and proxies. Raises
    EnvironmentBuildError with the line at fault.
    """
    if wanted.recipe is None:
        raise EnvironmentBuildError("build contexts are not built on Docker hosts yet")
    asked = "\n".join([*wanted.recipe.wanted, ""])
    settings = machine_settings(environ, asked)
    work = replace(work, secrets=settings.secrets)
    with opened(work, layout, wanted.digest, settings) as site:
        base = str((work.engine.image(wanted.base) or pull(work, wanted.base))["Id"])
        labels = {
            ENVIRONMENT_LABEL: wanted.digest,
            "mlpw.name": wanted.spec.name,
            "mlpw.bases": json.dumps({wanted.base: base}),
        }
        made, remarks = install(site, wanted, base, labels)
        work.engine.tag(made, wanted.reference)
    return made, remarks
