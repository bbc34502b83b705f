"""Images from one host to another without a registry: saved there and loaded here in one stream, nothing between.

Where a slow link leads there it is packed; engines give what they save as it is.
"""

from collections.abc import Callable, Iterable, Iterator

from core.errors import EnvironmentBuildError
from core.hosts.agent.pace import Pace
from core.hosts.engine import Engine
from core.hosts.errors import HostError, HostUnreachableError, StoppedError
from core.hosts.packing import packed

_STEP = 8 << 20


def move_image(
    source: Engine,
    target: Engine,
    reference: str,
    heard: Callable[[str], None] = lambda line: None,
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> str:
    """Have an image of one host on another under the same name, sent only when it is not there; its id.

    The image is the same when its id is: one of that name with another id is replaced, as a pull would. Raises
    EnvironmentBuildError for an image that the source does not have or that does not arrive, and when cancelled;
    HostUnreachableError.
    """
    found = source.image(reference)
    if found is None:
        raise EnvironmentBuildError(
            f"{source.name} has no image '{reference}'",
            hint=f"to see what it has: mlpw environment images {source.name}",
        )
    image = str(found["Id"])
    is_name = reference in (found.get("RepoTags") or ()) or f"{reference}:latest" in (found.get("RepoTags") or ())
    if target.image(image) is None:
        _send(source, target, reference if is_name else image, int(found.get("Size") or 0), heard, cancelled)
        if target.image(image) is None:
            raise EnvironmentBuildError(f"image '{reference}' was sent to {target.name}, and is not there")
    elif is_name and (target.image(reference) or {}).get("Id") != image:
        target.tag(image, reference)
    return image


def _send(
    source: Engine,
    target: Engine,
    reference: str,
    size: int,
    heard: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> None:
    try:
        with source.save(reference) as archive:
            told = _told(archive, f"sending {reference} from {source.name} to {target.name}", size, heard)
            for _ in target.load(packed(told, Pace()) if target.is_far else told, cancelled):
                pass
    except StoppedError:
        raise EnvironmentBuildError(f"sending {reference} to {target.name} was cancelled") from None
    except HostUnreachableError:
        raise
    except HostError as error:
        raise EnvironmentBuildError(f"image '{reference}' cannot be sent: {error.message}", hint=error.hint) from error


def _told(pieces: Iterable[bytes], words: str, size: int, heard: Callable[[str], None]) -> Iterator[bytes]:
    """The pieces, with how many of them went through said now and then."""
    sent = said = 0
    heard(words)
    for piece in pieces:
        yield piece
        sent += len(piece)
        if sent - said >= _STEP:
            said = sent
            heard(f"{words}: {sent / 1e6:,.0f} of about {size / 1e6:,.0f} MB")
