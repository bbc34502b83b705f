"""One thing a person can do: its key, its words, the screens that offer it and its command-line twin."""

from dataclasses import dataclass

#: The screens that list assets of a kind, by number key.
ASSETS = ("data", "models", "environments", "components")
#: The screens that are a table.
TABLES = ("runs", *ASSETS)
#: The screens that offer what belongs to no screen of its own.
EVERYWHERE = ("run", "runs", "log", *ASSETS, "asset", "compare")


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


_SHOWN = {"enter": "Enter", "escape": "Esc", "tab": "Tab", "space": "Space"}


def shown_key(key: str) -> str:
    """A Textual key name as people write it."""
    return _SHOWN.get(key, key.replace("ctrl+", "ctrl-"))
