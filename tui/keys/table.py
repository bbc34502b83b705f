"""Every key of the workbench with its id and where it works, read from the screens and panes themselves; clashes."""

import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

from tui.keys.actions import ACTIONS

_ROOMS = ("tui.screens", "tui.panes", "tui.dialogs", "tui.widgets")


@dataclass(frozen=True, slots=True)
class Key:
    """A binding: its id, its keys as Textual names them, separated by commas, what it does, and where."""

    id: str
    keys: str
    label: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Clash:
    """One key that two bindings of a screen want."""

    place: str
    key: str
    one: str
    other: str

    def __str__(self) -> str:
        return f"{self.place}: {self.key} is both {self.one} and {self.other}"


@cache
def every_key() -> tuple[Key, ...]:
    """All keys that have an id, by id."""
    keys: dict[str, dict[str, None]] = {}
    labels = {found.id: found.help for found in ACTIONS}
    places: dict[str, dict[str, None]] = {}
    for place, bindings in _layers():
        for key, binding in bindings:
            if binding.id:
                keys.setdefault(binding.id, {})[key] = None
                labels.setdefault(binding.id, binding.description)
                places.setdefault(binding.id, {})[place] = None
    return tuple(Key(name, ",".join(keys[name]), labels[name], tuple(places[name])) for name in sorted(keys))


def known_ids() -> frozenset[str]:
    """The ids that a keymap may name."""
    return frozenset(key.id for key in every_key())


def clashes(keymap: Mapping[str, str]) -> list[Clash]:
    """The keys that `keymap` gives to two things of one screen, but not to those that share one on purpose."""
    on_purpose = {(found.place, found.one, found.other) for found in _shared({})}
    return sorted({found for found in _shared(keymap) if (found.place, found.one, found.other) not in on_purpose})


def _shared(keymap: Mapping[str, str]) -> Iterator[Clash]:
    for screen in _classes(Screen):
        outer = _by_key(screen, keymap)
        for inner_class in (screen, *_panes_of(screen)):
            inner = _by_key(inner_class, keymap)
            for key, names in inner.items():
                both = sorted({*names, *outer.get(key, ())})
                for index, one in enumerate(both):
                    yield from (Clash(_place(screen), key, one, other) for other in both[index + 1 :])


def _by_key(found: type[DOMNode], keymap: Mapping[str, str]) -> dict[str, set[str]]:
    by_key: dict[str, set[str]] = {}
    for usual, binding in _merged(found):
        for key in keymap.get(binding.id, usual).split(",") if binding.id else ():
            by_key.setdefault(key, set()).add(str(binding.id))
    return by_key


def _merged(found: type[DOMNode]) -> BindingsMap:
    """A class's bindings with those of its bases, as Textual merges them."""
    merged = getattr(found, "_merged_bindings", None)
    return merged if isinstance(merged, BindingsMap) else BindingsMap()


def _layers() -> Iterator[tuple[str, BindingsMap]]:
    for screen in _classes(Screen):
        yield _place(screen), _merged(screen)
    for screen in _classes(Screen):
        for pane in _panes_of(screen):
            yield _place(screen), _merged(pane)


def _place(screen: type[DOMNode]) -> str:
    """The word for a screen: its own, or "dialogs"."""
    return str(getattr(screen, "WHERE", "")) or "dialogs"


def _classes(kind: type[DOMNode]) -> list[type[DOMNode]]:
    """Screens of ours that are shown as they are: those with a word of their own, and dialogs."""
    found = [one for one in _all_classes() if issubclass(one, kind)]
    return [one for one in found if getattr(one, "WHERE", "") or issubclass(one, ModalScreen)]


@cache
def _all_classes() -> tuple[type[DOMNode], ...]:
    return tuple(found for name in _modules() for found in _defined_in(name))


def _modules() -> Iterable[str]:
    for room in _ROOMS:
        package = import_module(room)
        for module in pkgutil.iter_modules(package.__path__, f"{room}."):
            import_module(module.name)
            yield module.name


def _defined_in(module: str) -> list[type[DOMNode]]:
    found = vars(sys.modules[module]).values()
    return [one for one in found if isinstance(one, type) and issubclass(one, DOMNode) and one.__module__ == module]


@cache
def _panes_of(screen: type[DOMNode]) -> tuple[type[DOMNode], ...]:
    """The panes and widgets that a screen's modules, and those of its bases, speak of."""
    modules = {base.__module__ for base in screen.__mro__ if base.__module__.startswith("tui.")}
    named = {
        value.__module__
        for module in modules
        for value in vars(sys.modules[module]).values()
        if isinstance(value, type) and issubclass(value, DOMNode) and value.__module__.startswith("tui.panes")
    }
    panes = [one for module in sorted(named | modules) for one in _defined_in(module)]
    return tuple(one for one in panes if not issubclass(one, Screen))
