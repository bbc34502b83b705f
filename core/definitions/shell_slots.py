"""A placeholder's surroundings in a shell command, and what its neighbours would do to a value."""

from dataclasses import dataclass
from enum import Enum, auto

#: Stands for one placeholder in the text given to `slots`; no command may hold it otherwise.
MARK = "\0"

_BEFORE_A_BARE_VALUE = frozenset(" \t\n=/:.,-")
_AFTER_A_BARE_VALUE = frozenset(" \t\n/.,:;)}|&")


class Context(Enum):
    """How the shell reads what stands in a placeholder's place."""

    WORDS = auto()
    """unquoted: split into words"""
    WORD = auto()
    """unquoted, but one word whatever it holds: an assignment, a redirection, inside [[ ]]"""
    SINGLE = auto()
    """inside '...'"""
    DOUBLE = auto()
    """inside "..." """
    NUMBER = auto()
    """expanded once more, quoted or not, which runs code unless it is a plain number"""
    COMMENT = auto()
    """not read at all"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder's context; `glued` means that its neighbours would join with an unquoted value."""

    context: Context
    glued: bool = False


class UnsafePlaceholderError(Exception):
    """A placeholder stands where no value can be put safely; `offset` is the place in the text."""

    def __init__(self, message: str, offset: int, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


def assigns(word: str) -> bool:
    """Whether a word that begins so is `NAME=` or `NAME[...]=`, after which the shell splits nothing."""
    name, equals, _ = word.partition("=")
    name = name.removesuffix("+")
    if name.endswith("]"):
        name = name.partition("[")[0]
    return bool(equals) and name.isascii() and name.isidentifier()


def is_glued(text: str, at: int) -> bool:
    """Whether the neighbours of `text[at]` would make something else of an unquoted value there."""
    before, after = text[at - 1 : at] if at else " ", text[at + 1 : at + 2]
    joined = before not in _BEFORE_A_BARE_VALUE or bool(after and after not in _AFTER_A_BARE_VALUE)
    return joined or follows_variable(text, at)


def follows_variable(text: str, at: int) -> bool:
    """Whether `$name` stands just before `text[at]`, which a value would lengthen."""
    while at and (text[at - 1].isalnum() or text[at - 1] == "_"):
        at -= 1
    return at > 0 and text[at - 1] == "$"
