"""What the palette offers: every action and every place, as commands with arguments; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Verbs whose argument may be any text, which then filters the screen.
FILTERING = ("runs", "data", "models", "environments", "components", "computes")
#: Other ways to write a verb.
ALIASES = {
    "model": "models",
    "environment": "environments",
    "env": "environments",
    "envs": "environments",
    "component": "components",
    "compute": "computes",
    "hosts": "computes",
    "comp": "components",
    "pipeline": "run",
    "pipelines": "run",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A line of the palette: the command it stands for, how it is shown, what it does.

    `action` is an action's id, `names` the asset that the command goes to ("data:taxi").
    """

    text: str
    help: str = ""
    shown: str = ""
    action: str = ""
    names: str = ""

    @property
    def words(self) -> str:
        """What is shown in the first column."""
        return self.shown or self.text


def suggest(query: str, offered: Sequence[Suggestion], recent: Sequence[str], most: int = 200) -> list[Suggestion]:
    """What matches, best first: exact, beginning alike, recently done, containing every word.

    What was typed itself comes first where a verb takes any text, unless it is clear which one name is meant.
    """
    wanted = " ".join(query.lower().split())
    age = {text: index for index, text in enumerate(recent)}
    found = []
    for order, suggestion in enumerate(offered):
        rank = _rank(wanted, suggestion)
        if rank is not None:
            found.append((rank, age.get(suggestion.text, len(recent)), order, suggestion))
    ranked = sorted(found, key=lambda each: each[:3])[:most]
    made = [suggestion for *_, suggestion in ranked]
    is_clear = sum(rank <= _BEGINS for rank, *_ in ranked) == 1
    free = _free(query, made)
    return [*made[:1], *free, *made[1:]] if is_clear else [*free, *made]


_BEGINS = 1


def _rank(wanted: str, suggestion: Suggestion) -> int | None:
    if not wanted:
        return 0
    text = suggestion.text.lower()
    verb, _, argument = text.partition(" ")
    asked, _, rest = wanted.partition(" ")
    asked = f"{ALIASES.get(asked, asked)} {rest}".strip()
    if text in (wanted, asked):
        return 0
    if text.startswith((wanted, asked)) or suggestion.words.lower().startswith(wanted):
        return _BEGINS
    if argument.startswith(wanted) or (rest and asked.startswith(f"{verb} ") and rest in argument):
        return 2
    words = wanted.split()
    if all(word in text for word in words):
        return 3
    told = f"{text} {suggestion.help.lower()}"
    return 4 if all(word in told for word in words) else None


def _free(query: str, made: Iterable[Suggestion]) -> list[Suggestion]:
    """What was typed itself, where a verb takes any text and no known argument is exactly that."""
    verb, space, rest = query.strip().partition(" ")
    verb = ALIASES.get(verb.lower(), verb.lower())
    text = f"{verb} {rest.strip()}"
    if not space or not rest.strip() or any(each.text.lower() == text.lower() for each in made):
        return []
    if verb == "compare":
        return [Suggestion(text, "Compare these runs")]
    return [Suggestion(text, f"Only {verb} that contain this")] if verb in FILTERING else []
