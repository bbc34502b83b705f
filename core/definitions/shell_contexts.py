"""Where placeholders stand in a shell command, so that a value put there stays a value.

Reads what sh and bash read alike (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html) and
refuses the rest: a placeholder whose surroundings are not certain is an error, never a guess.
"""

import re
from dataclasses import dataclass, replace
from typing import NoReturn

from core.definitions.shell_slots import (
    MARK,
    Context,
    Slot,
    UnsafePlaceholderError,
    assigns,
    follows_variable,
    is_glued,
)

_BLANKS = frozenset(" \t\n")
_ENDS_OF_WORDS = frozenset(" \t\n;&|()<>")
_SPECIAL_PARAMETERS = frozenset("$?!#@*-0123456789")
#: What means nothing to a shell once a word has begun: most of every command, so it is passed over in one step.
_PLAIN = re.compile(r"[A-Za-z0-9_./,:-]*")
_NUMERIC_TESTS = ("-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-v")


def slots(command: str) -> tuple[Slot, ...]:
    """The surroundings of each `MARK` of a command, in order.

    Raises UnsafePlaceholderError when one stands where no value is safe.
    """
    return _Walk(command).slots() if MARK in command else ()


@dataclass(frozen=True, slots=True)
class _Open:
    """A construct that is not closed yet, and the word it stands in, which goes on behind it."""

    kind: str
    at: int
    word: int = -1
    target: str = ""


class _Walk:
    """One pass over a command, with a stack of what is open: ( $( (( ${ [[ and double quotes."""

    __slots__ = ("_at", "_doubt", "_found", "_heredocs", "_open", "_redirect", "_target", "_text", "_word")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: list[Slot] = []
        self._open: list[_Open] = []
        self._word = -1  # where the current word began; -1 between words
        self._redirect = ""  # the redirection whose target the next word is: ">" or ">&"
        self._target = ""  # that of the current word
        self._heredocs: list[tuple[str, bool]] = []
        self._doubt = ""  # why no later placeholder can be judged

    def slots(self) -> tuple[Slot, ...]:
        while self._at < len(self._text):
            kind = self._kind()
            if kind == '"':
                self._in_quotes()
            elif kind == "${":
                self._in_expansion()
            else:
                self._unquoted()
        if self._open:
            self._refuse(f"{self._kind()} is not closed", self._open[-1].at, "close it")
        return tuple(self._found)

    def _in_quotes(self) -> None:
        character = self._text[self._at]
        if character == '"':
            self._open.pop()
            self._at += 1
        elif character == MARK:
            self._slot(Context.DOUBLE, glued=follows_variable(self._text, self._at))
        else:
            self._common(character)

    def _in_expansion(self) -> None:
        character = self._text[self._at]
        if character == "}":
            self._open.pop()
            self._at += 1
        elif character == MARK:
            self._refuse("a placeholder stands inside ${...}", self._at, "give it to a variable of its own first")
        elif character == "'":
            if any(frame.kind == '"' for frame in self._open):
                self._doubt = 'a \' inside "${...}"'
                self._at += 1
            else:
                self._single()
        elif character == '"':
            self._push('"', 1)
        else:
            self._common(character)

    def _unquoted(self) -> None:
        character = self._text[self._at]
        if character in _ENDS_OF_WORDS:
            self._metacharacter(character)
        elif character == "#" and self._word < 0 and not self._arithmetic():
            self._comment()
        else:
            self._word_character(character)

    def _word_character(self, character: str) -> None:
        if character == "\\" and self._text.startswith("\\\n", self._at):
            self._continued_line()
            return
        if self._word < 0:
            self._begin_word()
        if character == MARK:
            self._slot(self._unquoted_context(), glued=is_glued(self._text, self._at))
        elif character == "'":
            self._single()
        elif character == '"':
            self._push('"', 1)
        else:
            self._common(character)

    def _continued_line(self) -> None:
        """A backslash and a line's end, which the shell removes, so that `<` and `<` may become `<<`."""
        neighbours = self._text[self._at - 1 : self._at] or " ", self._text[self._at + 2 : self._at + 3] or " "
        if not _BLANKS.intersection(neighbours):
            self._doubt = "a line that is continued inside a word"
        self._at += 2

    def _common(self, character: str) -> None:
        """What means the same unquoted and in double quotes: backslash, backtick and dollar."""
        if character == "\\":
            if self._text.startswith(MARK, self._at + 1):
                self._refuse("a placeholder follows a backslash", self._at, "remove the backslash")
            if self._text.startswith("$\\\n", self._at - 1):
                self._doubt = "a line that is continued behind '$'"
            self._at += 2
        elif character == "`":
            self._backticks()
        elif character == "$":
            self._dollar()
        else:
            self._at = _PLAIN.match(self._text, self._at + 1).end()  # type: ignore[union-attr]  # it may be empty

    def _dollar(self) -> None:
        text, at = self._text, self._at
        following = text[at + 1 : at + 2]
        if following == MARK:
            self._refuse("a placeholder follows a '$'", at, "remove the '$', or quote it: '$'")
        if text.startswith("$((", at):
            self._push("$((", 3, self._word, self._target)
            self._end_word()
        elif following == "(":
            self._push("$(", 2, self._word, self._target)
            self._end_word()
        elif following == "{":
            self._push("${", 2)
        elif following == "'" and self._kind() != '"':
            self._ansi_quotes()
        elif following == "[":
            self._doubt = "$[...]"
            self._at += 2
        elif following and following in _SPECIAL_PARAMETERS:
            self._at += 2
        else:
            self._at += 1

    def _metacharacter(self, character: str) -> None:
        word, target = self._word, self._target or self._redirect
        self._end_word()
        kind = self._kind()
        if kind == "=(" and character not in " \t\n)":
            self._refuse(f"'{character}' stands in an array", self._at, "quote it")
        if character == "<" and self._text.startswith("<<", self._at) and kind not in {"((", "$((", "[["}:
            if self._text.startswith("<<<", self._at):
                self._redirect = ">"
                self._at += 3
            else:
                self._heredoc()
        elif character == "(":
            twice = self._text.startswith("((", self._at)
            self._redirect = ""
            if word < 0 and self._text[self._at - 1 : self._at] in {"<", ">"}:
                word = self._at - 1
            if word >= 0 and self._text[self._at - 1] == "=":
                # bash goes on with the next line after a mistake in an array, even in the middle of a value
                self._push("=(", 1, word, target)
            else:
                self._push("((" if twice else "(", 2 if twice else 1, word, target)
        elif character == ")":
            self._close(kind)
        else:
            self._after_operator(character)
            self._at += 1
            if character == "\n":
                self._skip_heredocs()

    def _after_operator(self, character: str) -> None:
        if character in "<>":
            self._redirect = ">"
        elif character in "&|" and self._text[self._at - 1 : self._at] in {"<", ">"}:
            self._redirect = ">&" if character == "&" else ">"
        elif character not in " \t":
            self._redirect = ""

    def _close(self, kind: str) -> None:
        """A `)`; one that closes nothing ends a pattern of `case`."""
        if kind in {"((", "$(("}:
            if not self._text.startswith("))", self._at):  # two subshells after all: the inner one ends here
                self._open[-1] = replace(self._open[-1], kind="(" if kind == "((" else "$(")
                self._doubt = f"'{kind}' that is no arithmetic"
                self._at += 1
                return
            self._at += 1
        if kind in {"(", "=(", "$(", "((", "$(("}:
            closed = self._open.pop()
            self._word, self._target = closed.word, closed.target
        self._at += 1

    def _begin_word(self) -> None:
        text, at = self._text, self._at
        self._word = at
        self._target = self._redirect
        self._redirect = ""
        if text.startswith("[[", at) and text[at + 2 : at + 3] in _BLANKS and not self._arithmetic():
            self._open.append(_Open("[[", at))
        elif text.startswith("]]", at) and self._kind() == "[[":
            self._open.pop()
        elif text.startswith("case", at) and text[at + 4 : at + 5] in _BLANKS and self._substituted():
            self._doubt = "'case' inside $(...)"

    def _end_word(self) -> None:
        self._word = -1
        self._target = ""

    def _unquoted_context(self) -> Context:
        if self._evaluated():
            return Context.NUMBER
        if self._target or self._within("[[") or assigns(self._text[self._word : self._at]):
            return Context.WORD
        return Context.WORDS

    def _kind(self) -> str:
        return self._open[-1].kind if self._open else ""

    def _within(self, *kinds: str) -> _Open | None:
        """The construct of one of these kinds that this stands in, unless a `$(` comes between."""
        for frame in reversed(self._open):
            if frame.kind in kinds:
                return frame
            if frame.kind == "$(":
                return None
        return None

    def _arithmetic(self) -> bool:
        return self._within("((", "$((") is not None

    def _evaluated(self) -> bool:
        """Whether bash expands what stands here once more, even quoted: arithmetic, numeric tests, after `>&`."""
        return self._arithmetic() or self._in_numeric_test() or self._target == ">&"

    def _substituted(self) -> bool:
        return any(frame.kind in {"$(", "$(("} for frame in self._open)

    def _in_numeric_test(self) -> bool:
        """Whether this is inside `[[ ... -gt ... ]]`, whose operands bash evaluates even when quoted."""
        test = self._within("[[")
        if test is None:
            return False
        closed = self._text.find("]]", self._at)
        words = self._text[test.at : closed if closed >= 0 else len(self._text)].split()
        return any(operator in words for operator in _NUMERIC_TESTS)

    def _slot(self, context: Context, *, glued: bool = False) -> None:
        if self._doubt:
            self._refuse(f"a placeholder follows {self._doubt}", self._at, "put it in a script of its own")
        if any(frame.kind == "${" for frame in self._open):
            self._refuse("a placeholder stands inside ${...}", self._at, "give it to a variable of its own first")
        if context in {Context.SINGLE, Context.DOUBLE} and self._evaluated():
            context = Context.NUMBER
        self._found.append(Slot(context, glued))
        self._at += 1

    def _single(self) -> None:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            self._refuse("' is not closed", self._at, "close it, or escape it as \\'")
        for at in range(self._at + 1, end):
            if self._text[at] == MARK:
                self._at = at
                self._slot(Context.SINGLE)
        self._at = end + 1

    def _ansi_quotes(self) -> None:
        """$'...': bash reads escapes in it, sh does not."""
        end = self._text.find("'", self._at + 2)
        inside = self._text[self._at + 2 : end if end >= 0 else len(self._text)]
        if MARK in inside:
            self._refuse("a placeholder stands inside $'...'", self._at, "use '...' or \"...\"")
        if end < 0:
            self._refuse("$' is not closed", self._at, "close it")
        if "\\" in inside:
            self._doubt = "$'...' with a backslash"
        self._at = end + 1

    def _backticks(self) -> None:
        at = self._at + 1
        while at < len(self._text) and self._text[at] != "`":
            if self._text[at] == MARK:
                self._refuse("a placeholder stands inside `...`", at, "write $(...) instead")
            at += 2 if self._text[at] == "\\" else 1
        if at >= len(self._text):
            self._refuse("` is not closed", self._at, "close it")
        if MARK in self._text[self._at : at]:
            self._refuse("a placeholder stands inside `...`", self._at, "write $(...) instead")
        self._at = at + 1

    def _comment(self) -> None:
        end = self._text.find("\n", self._at)
        end = end if end >= 0 else len(self._text)
        self._found.extend(Slot(Context.COMMENT) for _ in range(self._text.count(MARK, self._at, end)))
        self._at = end

    def _heredoc(self) -> None:
        start = self._at
        at = start + 2
        tabs = self._text.startswith("-", at)
        at += tabs
        while self._text[at : at + 1] in {" ", "\t"}:
            at += 1
        end = at
        while end < len(self._text) and self._text[end] not in _ENDS_OF_WORDS:
            end += 1
        word = self._text[at:end]
        if MARK in word:
            self._refuse("a placeholder ends a here-document", at, "name its end in plain letters")
        if self._substituted() or any(word.count(quote) % 2 for quote in "'\"\\") or "$" in word or "`" in word:
            self._doubt = "a here-document that is hard to follow"
        self._heredocs.append((word.replace("'", "").replace('"', "").replace("\\", ""), tabs))
        self._at = end

    def _skip_heredocs(self) -> None:
        for word, tabs in self._heredocs:
            while self._at < len(self._text):
                end = self._text.find("\n", self._at)
                end = end if end >= 0 else len(self._text)
                line = self._text[self._at : end]
                if MARK in line:
                    place = self._at + line.index(MARK)
                    self._refuse("a placeholder stands in a here-document", place, "give it as an argument instead")
                self._at = end + 1
                if (line.lstrip("\t") if tabs else line) == word:
                    break
        self._heredocs.clear()

    def _push(self, kind: str, length: int, word: int = -1, target: str = "") -> None:
        self._open.append(_Open(kind, self._at, word, target))
        self._at += length

    def _refuse(self, message: str, offset: int, hint: str) -> NoReturn:
        raise UnsafePlaceholderError(message, offset, hint)
