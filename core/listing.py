"""A folder as one text and one digest: the names, kinds, sizes and digests of what it holds."""

from collections.abc import Iterable

from blake3 import blake3

#: Tells a folder from a file that happens to hold a listing's bytes.
_FOLDER_CONTEXT = "mlpw 2025 folder manifest"
HEADER = b"mlpw manifest 1\n"


def encode_listing(entries: Iterable[tuple[str, str, int, str]]) -> bytes:
    """The canonical bytes of names, kinds, sizes and digests, which come sorted by name."""
    lines = [f"{kind} {size} {digest} {name}\0" for name, kind, size, digest in entries]
    return HEADER + "".join(lines).encode("utf-8", "surrogateescape")


def listing_digest(encoded: bytes) -> str:
    """The digest of a folder with this listing, 64 hexadecimal digits."""
    return blake3(encoded, derive_key_context=_FOLDER_CONTEXT).hexdigest()
