"""Images from registries: pulled with their progress, and what a registry's refusal means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.environments.images.work import Work
from core.errors import EnvironmentBuildError
from core.hosts.engine import Engine
from core.hosts.errors import FREE_SPACE, HostError, HostUnreachableError, NotThereError, StoppedError

#: What Docker and registries say, and what that means for whoever named the image.
_WORDS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("no space left",), "{host} has no space left for it", FREE_SPACE),  # first: it names a file, called anything
    (("invalid reference", "repository name must"), "that is no image's name", "write NAME:TAG or REGISTRY/NAME:TAG"),
    (
        ("no such host", "connection refused", "i/o timeout", "timeout", "network is unreachable", "no route to host",
         "server misbehaving", "request canceled", "eof", "dial tcp"),
        "its registry cannot be reached from {host}",
        "check the network of {host}, or bring the image from another host: mlpw environment move",
    ),
    (
        ("certificate", "x509"),
        "its registry's certificate is not trusted by {host}",
        "put the registry's authority into /etc/docker/certs.d of {host}",
    ),
    (
        ("no matching manifest",),
        "the registry has it, but not for the kind of machine that {host} is",
        "name an image for its platform",
    ),
    (
        ("manifest unknown", "not found"),
        "the registry has no such tag",
        "check the part behind the colon",
    ),
    (
        ("pull access denied", "unauthorized", "denied", "authentication required", "repository does not exist",
         "name unknown"),
        "the registry has no image of that name, or wants a login",
        "check the name; for a private registry run: docker login",
    ),
)  # fmt: skip


def image_named(engine: Engine, reference: str) -> Mapping[str, Any] | None:
    """All about an image, None when the host has none of that name.

    Raises EnvironmentBuildError for what cannot be an image's name.
    """
    try:
        return engine.image(reference)
    except HostUnreachableError:
        raise
    except HostError as error:
        raise _explained(engine, reference, error) from error


def pull(work: Work, reference: str) -> Mapping[str, Any]:
    """Pull an image; all about it as `Engine.image` gives it.

    Raises EnvironmentBuildError in words of what to do, HostUnreachableError.
    """
    engine, progress = work.engine, _Progress(reference)
    work.announce(f"pulling {reference} to {engine.name}")
    try:
        for message in engine.pull(reference, work.cancelled):
            if line := progress.taken(message):
                work.note(line)
            work.heard(progress.line)
    except StoppedError:
        raise EnvironmentBuildError(f"pulling {reference} was cancelled") from None
    except HostUnreachableError:
        raise
    except HostError as error:
        raise _explained(engine, reference, error) from error
    found = engine.image(reference)
    if found is None:
        raise EnvironmentBuildError(f"image '{reference}' was pulled to {engine.name}, and is not there")
    return found


@dataclass(slots=True)
class _Progress:
    """How far the layers of an image have come."""

    reference: str
    layers: dict[str, tuple[int, int]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def taken(self, message: Mapping[str, Any]) -> str:
        """What a message adds to the log, "" for one more piece of a layer."""
        status, layer = str(message.get("status", "")), str(message.get("id", ""))
        detail = message.get("progressDetail") or {}
        if status in {"Downloading", "Extracting"} and detail:
            if status == "Downloading":
                self.layers[layer] = int(detail.get("current") or 0), int(detail.get("total") or 0)
            return ""
        if status in {"Pulling fs layer", "Waiting"}:
            self.layers.setdefault(layer, (0, 0))
            return ""
        if status in {"Pull complete", "Already exists"}:
            self.done.add(layer)
        return f"{layer}: {status}" if layer else status

    @property
    def line(self) -> str:
        """The whole in one line."""
        every = len(self.layers.keys() | self.done)
        got, total = (sum(part) for part in zip(*self.layers.values(), strict=True)) if self.layers else (0, 0)
        sizes = f", {got / 1e6:,.0f} of {total / 1e6:,.0f} MB" if total else ""
        return f"pulling {self.reference}: {len(self.done)} of {every} layers{sizes}" if every else (
            f"pulling {self.reference}")  # fmt: skip


def _explained(engine: Engine, reference: str, error: HostError) -> EnvironmentBuildError:
    """The registry's refusal for a person."""
    said = error.message.removeprefix(f"{engine.name}: ")
    low = said.lower()
    for signs, meaning, hint in _WORDS:
        if any(sign in low for sign in signs):
            text = f"image '{reference}' cannot be had: {meaning.format(host=engine.name)} ({said})"
            return EnvironmentBuildError(text, hint=hint.format(host=engine.name))
    kind = "is not there" if isinstance(error, NotThereError) else "cannot be had"
    return EnvironmentBuildError(f"image '{reference}' {kind}: {said}", hint="check the image's name")
