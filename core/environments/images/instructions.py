"""A Dockerfile as instructions with their lines: https://docs.docker.com/reference/dockerfile/."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.errors import did_you_mean

WORDS = frozenset({"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
                   "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"})  # fmt: skip
_HEREDOC = re.compile(r"(?<!<)<<-?([\"']?)([A-Za-z_]\w*)\1")
_VARIABLE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: the `line` it begins on (from 1), its word in capitals, and the `rest`.

    The rest is one line, but for the here-documents of a RUN.
    """

    line: int
    word: str
    rest: str

    @property
    def flags(self) -> tuple[str, ...]:
        """What stands before the arguments: '--from=build', '--mount=type=cache,...'."""
        words = self.rest.split()
        return tuple(words[: next((i for i, word in enumerate(words) if not word.startswith("--")), len(words))])

    @property
    def arguments(self) -> str:
        """The rest behind the flags."""
        text = self.rest
        for flag in self.flags:
            text = text[text.index(flag) + len(flag) :].lstrip()
        return text

    @property
    def script(self) -> str:
        """What a RUN gives its shell: a here-document alone is the script itself."""
        text = self.arguments
        document = _HEREDOC.match(text)
        first, _, rest = text.partition("\n")
        return rest.rpartition("\n")[0] if document and not first[document.end() :].strip() else text


class UnreadableError(Exception):
    """A line of a Dockerfile that cannot be followed, and why."""

    def __init__(self, line: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.line, self.message, self.hint = line, message, hint


def read_instructions(text: str) -> tuple[Instruction, ...]:
    """The instructions of a Dockerfile, lines that are continued joined.

    Raises UnreadableError for an unknown instruction, and for what only BuildKit follows.
    """
    escape = escape_of(text)
    found: list[Instruction] = []
    for line, whole in _logical(text, escape):
        word, rest = [*whole.split(None, 1), ""][:2]
        if word.upper() not in WORDS:
            near = did_you_mean(word.upper(), WORDS)
            raise UnreadableError(line, f"unknown instruction '{word}'", near)
        if word.upper() in {"COPY", "ADD"} and _HEREDOC.search(rest):
            raise UnreadableError(
                line, "COPY of a here-document needs BuildKit", "put the text into a file of the context"
            )
        found.append(Instruction(line, word.upper(), rest.strip()))
    if not any(each.word == "FROM" for each in found):
        raise UnreadableError(1, "no FROM names what the image is built on")
    return tuple(found)


def escape_of(text: str) -> str:
    """The character that continues lines, which a directive at the top may change."""
    for line in text.splitlines():
        directive = re.fullmatch(r"#\s*(\w+)\s*=\s*(\S+)\s*", line.strip())
        if not directive:
            break
        if directive.group(1).lower() == "escape" and directive.group(2) in {"\\", "`"}:
            return directive.group(2)
    return "\\"


def expand(text: str, variables: Mapping[str, str]) -> str:
    """A text with $NAME, ${NAME}, ${NAME:-default} and ${NAME:+other} replaced; unknown names become nothing."""

    def value(found: re.Match[str]) -> str:
        if found.group(0) == "\\$":
            return "$"
        known = variables.get(found.group(1) or found.group(2), "")
        if found.group(3) == "-":
            return known or expand(found.group(4), variables)
        if found.group(3) == "+":
            return expand(found.group(4), variables) if known else ""
        return known

    return _VARIABLE.sub(value, text)


def unquoted(text: str) -> str:
    """A value without the quotes around it."""
    stripped = text.strip()
    return stripped[1:-1] if len(stripped) > 1 and stripped[0] == stripped[-1] and stripped[0] in "\"'" else stripped


def stage_of(instruction: Instruction) -> tuple[str, str]:
    """What a FROM names: the image, and what the stage is called ("" when it has no name)."""
    words = instruction.arguments.split()
    named = len(words) == 3 and words[1].upper() == "AS"
    return words[0] if words else "", words[2].lower() if named else ""


def base_images(text: str) -> tuple[str, ...]:
    """The images of other makers that a Dockerfile builds on, as far as they can be told without following it."""
    try:
        instructions = read_instructions(text)
    except UnreadableError:
        return ()
    stages: set[str] = set()
    variables: dict[str, str] = {}
    found: list[str] = []
    for instruction in instructions:
        if instruction.word == "ARG" and not stages and not found:
            name, _, value = instruction.rest.partition("=")
            variables[name.strip()] = unquoted(expand(value, variables))
        if instruction.word == "FROM":
            written, stage = stage_of(instruction)
            image = expand(written, variables)
            if image and image != "scratch" and image.lower() not in stages:
                found.append(image)
            stages.add(stage)
    return tuple(dict.fromkeys(found))


def _logical(text: str, escape: str) -> Iterator[tuple[int, str]]:
    """Instructions as whole lines; comments and empty lines between the lines of one do not end it."""
    pending, start = "", 0
    lines = iter(enumerate(text.removeprefix("\ufeff").splitlines(), 1))
    for number, line in lines:
        stripped = line.strip()
        if stripped.startswith("#") or not stripped:
            continue
        start = start or number
        if stripped.endswith(escape):
            pending += line.rstrip()[:-1].lstrip() + " " if not pending else line.rstrip()[:-1] + " "
            continue
        yield start, "\n".join([(pending + stripped).strip(), *_documents(pending + stripped, start, lines)])
        pending, start = "", 0
    if pending.strip():
        yield start, pending.strip()


def _documents(instruction: str, start: int, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """The lines of a RUN's here-documents with the words that end them, taken from the lines that follow."""
    for found in _HEREDOC.finditer(instruction) if instruction.lstrip().upper().startswith("RUN ") else ():
        for _, line in lines:
            yield line
            if line.strip() == found.group(2):
                break
        else:
            raise UnreadableError(start, f"the here-document '{found.group(2)}' does not end")
