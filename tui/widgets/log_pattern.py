"""What a person looks for in a log: a text or a regex, in lines as they are shown."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

#: How long a regex may take over one piece of text (seconds): no pattern can hold the workbench up.
_PATIENCE = 2.0
#: What a terminal does not print: colours (their numbers are the group), and how programs move and erase while they
#: draw progress, which is nothing in a log. Everything else stays, to be made visible.
CODES = re.compile(r"\x1b\[(?:([0-9;:]{0,64})m|[0-9;]{0,64}[A-GKsu]|\?25[hl])")
_REWRITTEN = re.compile(r"[^\n]*\r(?=[^\r\n])")


class PatternError(Exception):
    """A pattern that means nothing, or takes too long."""


class Pattern:
    """A text to find, or a regex; without capitals in it, capitals make no difference.

    Raises PatternError for what is no regex.
    """

    __slots__ = ("_looks_around", "_regex", "folds", "is_inverted", "is_regex", "text")

    def __init__(self, text: str, *, is_regex: bool = False, is_inverted: bool = False) -> None:
        self.text, self.is_regex, self.is_inverted = text, is_regex, is_inverted
        self.folds = text == text.lower() or (is_regex and re.sub(r"\\.", "", text).islower())
        self._regex: regex.Pattern[str] | None = _compile(text, self.folds) if is_regex else None
        self._looks_around = "(?" in text or "\\A" in text or "\\Z" in text

    @classmethod
    def to_find(cls, text: str) -> "Pattern":
        """What a person wrote to find: `~` in front makes a regex."""
        return cls(text[1:], is_regex=True) if text.startswith("~") else cls(text)

    @classmethod
    def to_keep(cls, text: str) -> "Pattern":
        """The same for lines to keep: `!` in front means all the others."""
        inverted = text.startswith("!")
        found = cls.to_find(text[1:] if inverted else text)
        found.is_inverted = inverted
        return found

    @property
    def written(self) -> str:
        """As a person writes it."""
        return f"{'!' if self.is_inverted else ''}{'~' if self.is_regex else ''}{self.text}"

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Where the pattern stands in a shown line, from the left, without overlap; nothing for an inverted one."""
        if self.is_inverted or not self.text:
            return []
        found: list[tuple[int, int]] = []
        position = 0
        while position <= len(line):
            start, end = self._next(line, position)
            if start < 0:
                break
            if end > start:
                found.append((start, end))
            position = max(end, start + 1)
        return found

    def _next(self, line: str, position: int) -> tuple[int, int]:
        if self._regex is not None:
            match = _search(self._regex, line, position)
            return match.span() if match else (-1, -1)
        folded, needle = (line.lower(), self.text.lower()) if self.folds else (line, self.text)
        start = folded.find(needle, position)
        return start, start + len(needle)

    def matches(self, line: str) -> bool:
        """Whether a shown line has the pattern; inverted or not is for the caller."""
        return self._next(line, 0)[0] >= 0

    def lines_with(self, text: str) -> Iterator[int]:
        """Numbers, from 0, of the lines of `text` that have the pattern; each line ends with a newline."""
        if self._regex is not None:
            yield from self._regex_lines(self._regex, text)
            return
        folded, needle = (text.lower(), self.text.lower()) if self.folds else (text, self.text)
        number = position = 0
        while position < len(folded) and (at := folded.find(needle, position)) >= 0:
            number += folded.count("\n", position, at)
            yield number
            number += 1
            position = folded.find("\n", at) + 1

    def _regex_lines(self, pattern: "regex.Pattern[str]", text: str) -> Iterator[int]:
        """Over many lines at once, which is quick; where a match reaches beyond its line, or may, the line decides."""
        number = position = 0
        while position < len(text):
            for match in _find_all(pattern, text, position):
                at = match.start()
                if at < position:
                    continue
                number += text.count("\n", position, at)
                end = text.find("\n", at)
                is_sure = match.end() <= end and not self._looks_around
                if is_sure or self.matches(text[text.rfind("\n", 0, at) + 1 : end]):
                    yield number
                number += 1
                position = end + 1
                if match.end() > end:
                    break
            else:
                return


class Both(Pattern):
    """Lines that have both of two patterns: what is found among what is kept."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: Pattern, second: Pattern) -> None:
        super().__init__("")
        self._first, self._second = first, second

    def matches(self, line: str) -> bool:
        """Whether both hold, inverted ones inverted."""
        return all(one.matches(line) != one.is_inverted for one in (self._first, self._second))

    def lines_with(self, text: str) -> Iterator[int]:
        """Numbers of the lines for which both hold."""
        count = text.count("\n")
        kept = set(self._first.lines_with(text))
        for number in _meant(self._second, text, count):
            if (number in kept) != self._first.is_inverted:
                yield number


def _meant(pattern: Pattern, text: str, count: int) -> Sequence[int]:
    found = list(pattern.lines_with(text))
    if not pattern.is_inverted:
        return found
    excluded = set(found)
    return [number for number in range(count) if number not in excluded]


def _compile(text: str, folds: bool) -> "regex.Pattern[str]":
    import regex  # it can be given up, which re cannot, and takes 40 ms to load

    try:
        return regex.compile(text, (regex.IGNORECASE if folds else 0) | regex.MULTILINE)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise PatternError(f"{text}: {error}") from None


def _search(pattern: "regex.Pattern[str]", text: str, position: int) -> "regex.Match[str] | None":
    try:
        return pattern.search(text, position, concurrent=True, timeout=_PATIENCE)
    except TimeoutError:
        raise PatternError("this regex takes too long; make it simpler") from None


def _find_all(pattern: "regex.Pattern[str]", text: str, position: int) -> Iterator["regex.Match[str]"]:
    try:
        yield from pattern.finditer(text, position, concurrent=True, timeout=_PATIENCE)
    except TimeoutError:
        raise PatternError("this regex takes too long; make it simpler") from None


def shown_text(text: str) -> str:
    """Whole lines as they are shown: without codes, and of rewritten lines what was written last."""
    if "\x1b" in text:
        text = CODES.sub("", text)
    if "\r" in text:
        text = _REWRITTEN.sub("", text.replace("\r\n", "\n"))
    return text
