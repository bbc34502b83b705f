"""Where the builds of images are written about; for who only looks, so no engine's client is loaded."""

from pathlib import Path

from core.definitions.environment import EnvironmentSpec
from core.environments.images.wanted import Wanted, wanted_image
from core.environments.recipe import YamlText
from core.errors import EnvironmentBuildError
from core.layout import Layout


def image_build_log(spec: EnvironmentSpec, layout: Layout, host: str, read_yaml: YamlText | None = None) -> Path:
    """Where `prepare_image` writes about the same spec on a host; the file is there once work on it began."""
    return log_of(wanted_image(spec, read_yaml), layout, host)


def log_of(wanted: Wanted, layout: Layout, host: str) -> Path:
    """The log of work on an image on a host."""
    return layout.environments / f"{wanted.digest}.{host}.log"


def newest_image_log(spec: EnvironmentSpec, layout: Layout) -> Path | None:
    """The log of the last work on a spec's image on any host, None when there was none."""
    try:
        found = layout.environments.glob(f"{wanted_image(spec).digest}.*.log")
        return max(found, key=lambda path: path.stat().st_mtime, default=None)
    except (EnvironmentBuildError, OSError):  # nothing can be built of it, or a log went while we looked
        return None
