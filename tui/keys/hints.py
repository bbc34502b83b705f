"""What a footer says of bindings: a person's own keys, or the usual ones, read from the bindings themselves."""

from collections.abc import Iterable

from textual.binding import Binding, BindingType

from tui.keys.action import shown_key
from tui.keys.chosen import keys_of
from tui.widgets.bar import Hint


def hint(bindings: Iterable[BindingType], identifiers: str, label: str, action: str | None = None) -> Hint:
    """The first key of each of the bindings with these ids, in one hint; a click on it does what the first one does.

    `action` is what a click does instead, "" for nothing.
    """
    found = {str(each.id): each for each in bindings if isinstance(each, Binding)}
    named = [found[identifier] for identifier in identifiers.split()]
    keys = (keys_of(str(each.id), each.key).split(",", maxsplit=1)[0] for each in named)
    return Hint(" ".join(map(shown_key, keys)), label, named[0].action if action is None else action)
