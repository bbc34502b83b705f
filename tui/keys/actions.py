"""Every action of the workbench in one table; footer, help, palette and key bindings read it."""

from collections.abc import Iterable

from textual.binding import Binding

from tui.keys import assets, computes, design, everywhere, files, log, pipeline, runs, step, tables, view
from tui.keys.action import Action

ACTIONS: tuple[Action, ...] = (
    *pipeline.ACTIONS,
    *step.ACTIONS,
    *files.ACTIONS,
    *runs.ACTIONS,
    *assets.ACTIONS,
    *computes.ACTIONS,
    *tables.ACTIONS,
    *view.ACTIONS,
    *log.ACTIONS,
    *design.ACTIONS,
    *everywhere.ACTIONS,
)


def action(identifier: str) -> Action:
    """The action with this id; KeyError when there is none."""
    return _BY_ID[identifier]


def key_of(identifier: str) -> str:
    """The first key of an action, as texts name it."""
    return action(identifier).key


_BY_ID = {found.id: found for found in ACTIONS}


def bindings(prefixes: Iterable[str], where: str) -> list[Binding]:
    """Bindings for the actions of a screen whose ids begin with one of `prefixes`; each can be remapped by its id."""
    wanted = tuple(prefixes)
    return [
        Binding(found.keys, method(found.id), found.label, show=False, id=found.id)
        for found in ACTIONS
        if where in found.where and found.id.startswith(wanted)
    ]


def method(identifier: str) -> str:
    """The name of the Textual action method: "step.next_failure" is next_failure, of the app when it is app's."""
    area, _, name = identifier.partition(".")
    return f"app.{name}" if area == "app" else name


def footer(where: str) -> list[Action]:
    """What the footer of a screen shows, in its order; not the way to where one is."""
    shown = (found for found in ACTIONS if where in found.where and found.rank and found.id != f"app.screen_{where}")
    return sorted(shown, key=lambda found: found.rank)
