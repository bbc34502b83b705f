"""The keys a person chose, by the id of what they start; bindings, footer, help and palette ask here."""

from collections.abc import Mapping

_chosen: dict[str, str] = {}


def use(keymap: Mapping[str, str]) -> None:
    """Take these keys, and the usual ones for every other id."""
    _chosen.clear()
    _chosen.update(keymap)


def keys_of(identifier: str, usual: str) -> str:
    """The keys of an id, separated by commas: a person's own, or the usual ones."""
    return _chosen.get(identifier, usual)
