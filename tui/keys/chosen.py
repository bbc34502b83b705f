"""The keys a person chose, by the id of what they start, and how a terminal can write them.

Bindings, footer, help and palette ask here.
"""

from collections.abc import Mapping

_chosen: dict[str, str] = {}
_in_ascii = False


def use(keymap: Mapping[str, str], *, ascii_only: bool = False) -> None:
    """Take these keys, and the usual ones for every other id; write them in ASCII, or as it is shortest."""
    global _in_ascii  # noqa: PLW0603 - beside the keys, which are as global as the keyboard
    _chosen.clear()
    _chosen.update(keymap)
    _in_ascii = ascii_only


def in_ascii() -> bool:
    """Whether keys are written in ASCII."""
    return _in_ascii


def keys_of(identifier: str, usual: str) -> str:
    """The keys of an id, separated by commas: a person's own, or the usual ones."""
    return _chosen.get(identifier, usual)
