"""What mlpw's builds keep on a host: images of environments, what those are made from, and leftovers."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.environments.images.site import BUILD_LABEL, build_prefix, builder_name
from core.environments.images.value import BUILDER_LABEL, ENVIRONMENT_LABEL, LAYER_LABEL
from core.environments.images.wanted import REPOSITORY, made_on
from core.errors import NotFoundError, UsageError
from core.hosts.engine import Engine
from core.hosts.errors import ConflictError
from core.layout import Layout
from core.store.locks import is_held


@dataclass(frozen=True, slots=True)
class KeptImage:
    """An image on a host: `environment` is what it was built for, "" for one that mlpw did not build.

    `size` is in bytes, `own_size` without what it was built on; `created_at` in seconds since the epoch. `is_ours`
    means that a build of this workspace made it.
    """

    id: str
    reference: str
    size: int
    own_size: int
    created_at: float
    environment: str = ""
    digest: str = ""
    is_ours: bool = False


def images_on(engine: Engine, layout: Layout, *, others: bool = False) -> list[KeptImage]:
    """The environments that mlpw built on a host, the newest first; `others` gives every image with a name, too."""
    own, listing = builder_name(layout), engine.images()
    sizes = {str(image["Id"]): int(image.get("Size") or 0) for image in listing}
    found = []
    for image in listing:
        labels = image.get("Labels") or {}
        names = [name for name in image.get("RepoTags") or () if name != "<none>:<none>"]
        digest = labels.get(ENVIRONMENT_LABEL, "")
        if digest or (others and names):
            ours = next((name for name in names if name.startswith(f"{REPOSITORY}:")), "")
            size = sizes[str(image["Id"])]
            found.append(
                KeptImage(
                    str(image["Id"]),
                    ours or (names[0] if names else str(image["Id"])),
                    size,
                    max(size - max((sizes.get(base, 0) for base in made_on(labels).values()), default=0), 0),
                    float(image.get("Created") or 0),
                    labels.get("mlpw.name", "") if digest else "",
                    digest,
                    labels.get(BUILDER_LABEL) == own,
                )
            )
    return sorted(found, key=lambda each: -each.created_at)


def find_image(engine: Engine, layout: Layout, wanted: str) -> KeptImage:
    """An image that mlpw built, by its name, id, digest or a beginning of these, or by its environment's name.

    Raises NotFoundError, and UsageError when several are meant.
    """
    found = [each for each in images_on(engine, layout) if _is_meant(each, wanted)]
    if not found:
        raise NotFoundError(
            f"{engine.name} has no image of an environment '{wanted}'",
            hint=f"to see what it has: mlpw environment images {engine.name}",
        )
    if len(found) > 1:
        raise UsageError(
            f"'{wanted}' means {len(found)} images on {engine.name}",
            hint=f"name one by its digest: {', '.join(each.digest[:12] for each in found)}",
        )
    return found[0]


def remove_image(engine: Engine, image: KeptImage) -> None:
    """Be rid of an image of ours.

    Raises UsageError while a container uses it.
    """
    try:
        engine.remove_image(image.reference)
    except ConflictError as error:
        raise UsageError(f"image {image.reference} is in use: {error.message}") from error


def is_building(layout: Layout) -> bool:
    """Whether an image is being built for this workspace now, so that nothing of builds may go."""
    return any(is_held(lock) for lock in layout.locks.glob("image-*")) if layout.locks.is_dir() else False


def unused_images(engine: Engine, layout: Layout, is_used: Callable[[KeptImage], bool]) -> list[KeptImage]:
    """The environments that this workspace built on a host and that nothing uses; no container there is of them."""
    busy = {container["ImageID"] for container in engine.containers()}
    return [each for each in images_on(engine, layout) if each.is_ours and each.id not in busy and not is_used(each)]


def layers(engine: Engine, layout: Layout) -> list[str]:
    """Ids of images that builds of this workspace made on the way; those of kept images are among them."""
    made = engine.images(f"{LAYER_LABEL}={builder_name(layout)}", every=True)
    return [
        str(image["Id"])
        for image in made
        if ENVIRONMENT_LABEL not in (image.get("Labels") or {}) and _unnamed(image.get("RepoTags"))
    ]


def clear_layers(engine: Engine, layout: Layout) -> int:
    """Remove what failed builds of this workspace left half made; how many images went."""
    gone = 0
    while True:
        removed = 0
        for image in layers(engine, layout):
            with contextlib.suppress(ConflictError):  # something is made from it
                engine.remove_image(image)
                removed += 1
        gone += removed
        if not removed:
            return gone


def leftovers(engine: Engine, layout: Layout) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Containers and volumes of builds that were killed: what they are, what they are called, how to be rid of them."""
    beginning = build_prefix(layout)
    for container in engine.containers_called(beginning):
        name = str(container["Id"])
        yield "build containers", str(container["Names"][0]), lambda name=name: engine.remove(name)  # type: ignore[misc]
    for volume in engine.volumes(BUILD_LABEL):
        name = str(volume["Name"])
        if name.startswith(beginning):
            yield "build volumes", name, lambda name=name: engine.remove_volume(name)  # type: ignore[misc]


def _is_meant(image: KeptImage, wanted: str) -> bool:
    plain = wanted.removeprefix("sha256:").removeprefix(f"{REPOSITORY}:")
    is_hexadecimal = len(plain) >= 4 and all(character in "0123456789abcdef" for character in plain)
    begins = is_hexadecimal and (image.digest.startswith(plain) or image.id.removeprefix("sha256:").startswith(plain))
    return begins or wanted in (image.reference, image.environment)


def _unnamed(tags: list[str] | None) -> bool:
    return not [tag for tag in tags or () if tag != "<none>:<none>"]
