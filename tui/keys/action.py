"""One thing a person can do: its key, its words, the screens that offer it and its command-line twin."""

from dataclasses import dataclass

from tui.keys.chosen import in_ascii, keys_of

#: The screens that list assets of a kind, by number key.
ASSETS = ("data", "models", "environments", "components")
#: The screens that are a table.
TABLES = ("runs", *ASSETS, "computes")
#: The screens that offer what belongs to no screen of its own.
EVERYWHERE = ("run", "runs", "log", "files", "design", *ASSETS, "asset", "compare", "computes")


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
        """The first key as it is shown: a person's own, or the usual one."""
        keys = keys_of(self.id, self.keys)
        usual = keys == self.keys and self.shown
        return usual or shown_key(keys.split(",", maxsplit=1)[0])

    @property
    def all_keys(self) -> str:
        """Every key as it is shown, for the help page."""
        keys = keys_of(self.id, self.keys)
        return shown_keys(keys) if "," in keys else self.key


_SHOWN = {
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "space": "Space",
    "backspace": "Backspace",
    "delete": "Del",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
_ARROWS = {"up": "↑", "down": "↓", "left": "←", "right": "→"}
#: Textual names keys by their characters' Unicode names.
_CHARACTERS = {
    "at": "@",
    "colon": ":",
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "underscore": "_",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "ampersand": "&",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "full_stop": ".",
    "exclamation_mark": "!",
    "number_sign": "#",
    "dollar_sign": "$",
    "percent_sign": "%",
    "asterisk": "*",
    "equals_sign": "=",
    "circumflex_accent": "^",
    "grave_accent": "`",
    "tilde": "~",
    "semicolon": ";",
    "quotation_mark": '"',
    "apostrophe": "'",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "vertical_line": "|",
    "backslash": "\\",
}


def shown_keys(keys: str) -> str:
    """Several key names, separated by commas, as people write them."""
    return " ".join(shown_key(key) for key in keys.split(","))


def shown_key(key: str) -> str:
    """A Textual key name as people write it."""
    *modifiers, name = key.split("+")
    if name in _ARROWS:
        return "-".join([*modifiers, name.title() if in_ascii() else _ARROWS[name]])
    return "-".join([*modifiers, _SHOWN.get(name) or _CHARACTERS.get(name, name)])
