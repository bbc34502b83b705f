"""Every action of the workbench in one table; footer, help, palette and key bindings read it."""

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do. `keys` are Textual's key names, the first is shown; `where` the screens that offer it.

    `twin` is the command line that does the same, with {pipeline}, {step} and {run} filled in when it is logged.
    A `rank` above 0 puts it into the footer, lower first.
    """

    id: str
    keys: str
    label: str
    help: str
    where: tuple[str, ...]
    group: str
    twin: str = ""
    rank: int = 0
    shown: str = ""

    @property
    def key(self) -> str:
        """The first key as it is shown."""
        return self.shown or shown_key(self.keys.split(",", maxsplit=1)[0])


_EVERYWHERE = ("run", "runs", "log")

ACTIONS: tuple[Action, ...] = (
    Action("run.start", "r", "run", "Run what changed: first shows what would run, why, and what stays", ("run",),
           "Pipeline", "mlpw run {pipeline}", 1),
    Action("run.rerun_from", "R", "rerun from", "Rerun the selected step and everything after it", ("run",),
           "Pipeline", "mlpw run {pipeline} --from {step} --force", 6),
    Action("run.cancel", "c", "cancel", "Cancel the run (asks first)", ("run", "runs"), "Pipeline",
           "mlpw cancel {run}", 2),
    Action("run.plan", "f5,ctrl+r", "plan again", "Look at the files again and plan", ("run",), "Pipeline",
           "mlpw plan {pipeline}", shown="F5"),
    Action("step.explain", "x", "why", "Say why the step is stale, reused or failed", ("run",), "Step",
           "mlpw plan {pipeline} --only {step}", 4),
    Action("step.log", "l", "log", "The step's log on the whole screen", ("run",), "Step",
           "mlpw logs {run}/{step}", 3),
    Action("step.edit", "e", "edit", "Open the source in $EDITOR at the step's line", ("run",), "Step",
           "$EDITOR {file}", 5),
    Action("step.next_failure", "n", "next failure", "Go to the next failed step, or the next match", _EVERYWHERE,
           "Step"),
    Action("step.previous_failure", "N", "previous failure", "Go to the failed step before, or the match before",
           _EVERYWHERE, "Step"),
    Action("view.drawing", "v", "boxes or rails", "Draw the graph as boxes or as rails", ("run",), "View"),
    Action("view.zoom_in", "plus", "zoom", "Give the pane the whole screen", ("run",), "View", shown="+"),
    Action("view.zoom_out", "underscore", "unzoom", "Show all panes again", ("run",), "View", shown="_"),
    Action("view.filter", "slash", "filter", "Show only what contains a text; in a log: find it", _EVERYWHERE, "View",
           shown="/"),
    Action("log.follow", "f", "follow", "Keep the end of the log in sight", ("run", "log"), "Log", rank=11),
    Action("log.wrap", "w", "wrap", "Give long lines several rows", ("run", "log"), "Log", rank=12),
    Action("log.last_error", "E", "last traceback", "Go to the last traceback in the log", ("run", "log"), "Log",
           rank=13),
    Action("app.copy", "y", "copy", "Copy what is selected: the step, or the log in sight", _EVERYWHERE, "View"),
    Action("app.screen_run", "1", "Run", "The Run screen: tree, graph, detail, log", _EVERYWHERE, "Screens",
           rank=7),
    Action("app.screen_runs", "2", "Runs", "The Runs screen: every run of this workspace", _EVERYWHERE, "Screens",
           "mlpw runs", 8),
    Action("app.commands", "at", "commands", "The command log: what you did, as command lines", _EVERYWHERE,
           "Screens", shown="@"),
    Action("app.palette", "colon", "palette", "Search everything that can be done", _EVERYWHERE, "Screens", rank=20,
           shown=":"),
    Action("app.theme", "T", "theme", "Choose a theme", _EVERYWHERE, "Screens"),
    Action("app.help", "question_mark", "help", "Every key", _EVERYWHERE, "Screens", rank=21, shown="?"),
    Action("app.quit", "q", "quit", "Leave; runs go on", _EVERYWHERE, "Screens", rank=22),
)  # fmt: skip

#: Keys that move, for the help page only: panes bind them.
MOVES: tuple[tuple[str, str], ...] = (
    ("↑ ↓ ← →  h j k l", "Move; in the run screen l opens the log"),
    ("g  G", "First, last"),
    ("ctrl-d  ctrl-u", "Half a page down, up"),
    ("Enter  Esc", "In, out"),
    ("Tab", "Next pane"),
)

_SHOWN = {"enter": "Enter", "escape": "Esc", "tab": "Tab", "space": "Space"}


def shown_key(key: str) -> str:
    """A Textual key name as people write it."""
    return _SHOWN.get(key, key.replace("ctrl+", "ctrl-"))


def action(identifier: str) -> Action:
    """The action with this id; KeyError when there is none."""
    return _BY_ID[identifier]


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


#: Keys that move inside a pane, by the pane's own action names.
LIST_KEYS: list[Binding] = [
    Binding("up,k", "move(-1)", "up", show=False, id="list.up"),
    Binding("down,j", "move(1)", "down", show=False, id="list.down"),
    Binding("g,home", "ends(-1)", "first", show=False, id="list.first"),
    Binding("G,end", "ends(1)", "last", show=False, id="list.last"),
    Binding("ctrl+d,pagedown", "page(1)", "page down", show=False, id="list.page_down"),
    Binding("ctrl+u,pageup", "page(-1)", "page up", show=False, id="list.page_up"),
    Binding("left,h", "sideways(-1)", "left", show=False, id="list.left"),
    Binding("right", "sideways(1)", "right", show=False, id="list.right"),
    Binding("enter", "enter", "in", show=False, id="list.enter"),
]
