"""Take secret values out of a stream of bytes, also where one is cut in two by a chunk's border."""

from collections.abc import Iterable, Iterator

COVER = b"***"


class Mask:
    """Replaces every secret by three stars; keeps back the end of a chunk that may be the start of a secret."""

    __slots__ = ("_covered", "_held", "_secrets")

    def __init__(self, secrets: Iterable[bytes]) -> None:
        self._secrets = tuple(sorted({secret for secret in secrets if secret}, key=len, reverse=True))
        self._held = b""
        self._covered = 0  # so many first bytes of what is held were already shown as stars

    @property
    def holds(self) -> bool:
        """Whether something is kept back."""
        return bool(self._held)

    def feed(self, chunk: bytes) -> bytes:
        """What can be shown now."""
        if not self._secrets:
            return chunk
        data = self._held + chunk
        return self._show(data, len(data) - self._open_end(data))

    def end(self) -> bytes:
        """What was kept back: the stream is over, so it is no secret."""
        return self._show(self._held, len(self._held))

    def _show(self, data: bytes, upto: int) -> bytes:
        shown = bytearray()
        at = 0
        covered = self._covered
        for start, stop in _merged(((0, covered), *self._found(data))):
            if start >= upto:
                break
            shown += data[at:start]
            if stop > covered:
                shown += COVER
            at = stop
        shown += data[at:upto]
        self._held = data[upto:]
        self._covered = max(0, max(at, covered) - upto)
        return bytes(shown)

    def _found(self, data: bytes) -> Iterator[tuple[int, int]]:
        for secret in self._secrets:
            at = data.find(secret)
            while at >= 0:
                yield at, at + len(secret)
                at = data.find(secret, at + 1)

    def _open_end(self, data: bytes) -> int:
        """The length of the longest end of `data` with which a secret may begin."""
        for secret in self._secrets:
            longest = min(len(secret) - 1, len(data))
            end = data[len(data) - longest :] if longest else b""
            first = secret[:1]
            at = end.find(first)
            while at >= 0:
                if secret.startswith(end[at:]):
                    return self._widest(data, len(end) - at)
                at = end.find(first, at + 1)
        return 0

    def _widest(self, data: bytes, least: int) -> int:
        """At least `least`, more when another secret may have begun earlier."""
        for length in range(min(len(self._secrets[0]) - 1, len(data)), least, -1):
            end = data[-length:]
            if any(len(secret) > length and secret.startswith(end) for secret in self._secrets):
                return length
        return least


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one each, in order."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        elif stop > start:
            merged.append((start, stop))
    return merged
