"""Esc and the key behind it, when a line brings both at once: terminals send the same for a key with Alt.

Textual takes any such pair for Alt, and of most keys drops the Esc. Here whoever knows what the keys of the moment do
decides: with Alt where that does something, Esc and then the key where it does not.
"""

from collections.abc import Iterable

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver

_ESCAPE = "\x1b"
#: Behind Esc these begin what terminals send for other keys, or as answers.
_BEGINNINGS = "[OPX]^_\\N"


class AltOrEscape(events.Key):
    """A key with Alt, or Esc and then `behind`."""

    __slots__ = ("behind",)

    def __init__(self, key: str, behind: events.Key) -> None:
        super().__init__(key, None)
        self.behind = behind

    def meant(self, does_something: bool) -> list[events.Key]:
        """The keys that were pressed, when one knows whether the one with Alt `does_something`."""
        if does_something:
            return [events.Key(self.key, self.character)]
        return [events.Key("escape", _ESCAPE), events.Key(self.behind.key, self.behind.character)]


class EscapeParser(XTermParser):
    """Textual's reader of what a terminal sends, which leaves open what Esc with a key behind it means."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        is_pair = len(sequence) == 2 and sequence[0] == _ESCAPE and sequence[1] not in _BEGINNINGS
        behind = list(super()._sequence_to_key_events(sequence[-1])) if is_pair or alt else []
        if len(behind) == 1:
            yield AltOrEscape(_with_alt(sequence, behind[0]), behind[0])
        else:
            yield from super()._sequence_to_key_events(sequence, alt)


def _with_alt(sequence: str, key: events.Key) -> str:
    """What Textual calls the key with Alt; a few are known as other keys, such as ctrl+left for Alt with b."""
    known = ANSI_SEQUENCES_KEYS.get(sequence) if len(sequence) == 2 else None
    if isinstance(known, tuple) and len(known) == 1:
        return known[0].value
    is_capital = len(key.key) == 1 and key.key.isupper()
    return f"alt+shift+{key.key.lower()}" if is_capital else f"alt+{key.key}"


setattr(linux_driver, "XTermParser", EscapeParser)  # noqa: B010 - Textual's driver makes its own by this name
