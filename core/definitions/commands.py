"""Commands with their parameters put in, so that every value stays a value wherever its placeholder stands.

A plain splice, as Azure ML makes it, runs `$(...)` from a value; plain quoting breaks the common
`'${{inputs.json}}'`. So each placeholder is filled as its place in the command asks: inside quotes escaped for
them, unquoted as quoted words. What a program does with its arguments is its own matter: `bash -c "${{...}}"`
and `eval` still run what they are given.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.definitions.expressions import (
    Locate,
    OptionalPart,
    Reference,
    Text,
    locator,
    parse_command,
    references,
)
from core.definitions.shell_contexts import slots
from core.definitions.shell_slots import MARK, Context, Slot, UnsafePlaceholderError
from core.errors import DefinitionError, Location, Notice, did_you_mean

#: Bytes of one value; Linux gives a program no longer argument (MAX_ARG_STRLEN, its end included).
MAX_VALUE_BYTES = 128 * 1024 - 1

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+:./-")
_CONTROL_WORDS = ("if", "then", "else", "elif", "fi", "case", "esac", "for", "while", "until", "do", "done", "in")
_SHELL_WORDS = frozenset((*_CONTROL_WORDS, "select", "function", "time", "coproc"))
_Part = Text | Reference | OptionalPart


@dataclass(frozen=True, slots=True)
class Value:
    """What a placeholder stands for; a path is one word even where text would be split into several."""

    text: str
    is_path: bool = False


def render_command(
    template: str,
    inputs: Mapping[str, Value | None],
    outputs: Mapping[str, Value],
    name: str,
    location: Location | Locate,
) -> str:
    """The command for `sh -c` with every placeholder filled; None is an optional input without a value.

    An optional part that names an absent input is left out; an absent input elsewhere becomes an empty value.
    `name` is the run's name, `location` where the template starts (or `Scalar.at`).
    Raises DefinitionError for an unknown name, a value that no argument can hold (NUL, over `MAX_VALUE_BYTES`), and
    a placeholder where no value is safe: in backticks, here-documents, `${...}`, or unbalanced quotes.
    """
    locate = locator(template, location)
    parts = _kept(parse_command(template, locate), inputs, locate)
    filled: list[str] = []
    contexts = iter(_contexts(parts, locate))
    for part in parts:
        if isinstance(part, Text):
            filled.append(part.text)
            continue
        value = _value(part, inputs, outputs, name, locate(part.offset))
        filled.append(_fill(part, value, next(contexts), locate(part.offset)))
    command = "".join(filled)
    check_argument(command, "the command with its values", locate(0))  # a shell gets it as one argument
    return command


def validate_command(
    template: str,
    declared_inputs: Mapping[str, bool],
    declared_outputs: Mapping[str, object],
    location: Location | Locate,
) -> tuple[Notice, ...]:
    """What can be said about a command before it has values; `declared_inputs` tells which may be absent.

    Raises DefinitionError for an undeclared name and a placeholder where no value is safe.
    """
    locate = locator(template, location)
    parts = parse_command(template, locate)
    for reference in references(parts):
        _declared(reference, declared_inputs, declared_outputs, locate(reference.offset))
    everything = tuple(inner for part in parts for inner in (part.parts if isinstance(part, OptionalPart) else (part,)))
    _contexts(everything, locate)
    _contexts(tuple(part for part in parts if not isinstance(part, OptionalPart)), locate)
    return tuple(_notices(parts, declared_inputs, locate))


def _kept(parts: tuple[_Part, ...], inputs: Mapping[str, Value | None], locate: Locate) -> tuple[Text | Reference, ...]:
    kept: list[Text | Reference] = []
    for part in parts:
        if not isinstance(part, OptionalPart):
            kept.append(part)
        elif not any(_is_absent(inner, inputs, locate) for inner in references(part.parts)):
            kept.extend(part.parts)
    return tuple(kept)


def _is_absent(reference: Reference, inputs: Mapping[str, Value | None], locate: Locate) -> bool:
    if reference.path[0] != "inputs":
        return False
    return inputs[_named(reference, inputs, locate(reference.offset))] is None


def _contexts(parts: tuple[_Part, ...], locate: Locate) -> tuple[Slot, ...]:
    text = "".join(part.text if isinstance(part, Text) else MARK for part in parts)
    try:
        return slots(text)
    except UnsafePlaceholderError as problem:
        where = locate(_template_offset(parts, problem.offset))
        raise DefinitionError(
            f"the command cannot be filled in safely: {problem.message}", location=where, hint=problem.hint
        ) from None


def _template_offset(parts: tuple[_Part, ...], offset: int) -> int:
    """Where in the template the character at `offset` of the flattened text stands."""
    for part in parts:
        length = len(part.text) if isinstance(part, Text) else 1
        if offset < length:
            return part.offset + offset
        offset -= length
    return parts[-1].offset


def _value(
    reference: Reference,
    inputs: Mapping[str, Value | None],
    outputs: Mapping[str, Value],
    name: str,
    where: Location,
) -> Value | None:
    root = reference.path[0]
    if root == "name":
        return Value(name, is_path=True)
    if root == "inputs":
        return inputs[_named(reference, inputs, where)]
    if root == "outputs":
        return outputs[_named(reference, outputs, where)]
    raise _meaningless(reference, where)


def _declared(reference: Reference, inputs: Mapping[str, bool], outputs: Mapping[str, object], where: Location) -> None:
    root = reference.path[0]
    if root == "inputs":
        _named(reference, inputs, where)
    elif root == "outputs":
        _named(reference, outputs, where)
    elif root not in {"name", "search_space"}:  # a sweep puts its own values in
        raise _meaningless(reference, where)


def _named(reference: Reference, declared: Mapping[str, object], where: Location) -> str:
    """The declared name that `inputs.x`, `inputs.group.x` or `inputs.x.path` means."""
    name = ".".join(reference.path[1:])
    if name in declared:
        return name
    if name.removesuffix(".path") in declared:
        return name.removesuffix(".path")
    kind = reference.path[0].removesuffix("s")
    near = did_you_mean(name, declared)
    known = f"declared: {', '.join(sorted(declared))}" if declared else f"the component declares no {kind}s"
    raise DefinitionError(f"the {kind} '{name}' is not declared", location=where, hint=near or known)


def _meaningless(reference: Reference, where: Location) -> DefinitionError:
    hint = "a command can name inputs.NAME, outputs.NAME and name"
    if reference.path[0] == "parent":
        hint = f"bind it to an input of the step and write ${{{{inputs.{reference.path[-1]}}}}}"
    return DefinitionError(f"'{reference}' stands for nothing in a command", location=where, hint=hint)


def _notices(parts: tuple[_Part, ...], may_be_absent: Mapping[str, bool], locate: Locate) -> list[Notice]:
    said: list[Notice] = []
    for part in parts:
        if not isinstance(part, Reference) or part.path[0] != "inputs":
            continue
        where = locate(part.offset)
        if part.unmarked:
            said.append(
                Notice(f"'$[[{part.dotted}]]' is read as '{part}'; '$[[--flag {part}]]' was likely meant", where)
            )
        elif may_be_absent[_named(part, may_be_absent, where)]:
            message = f"the optional input '{part.path[-1]}' stands outside '$[[ ]]' and is empty when it has no value"
            said.append(Notice(message, where))
    return said


def _fill(reference: Reference, value: Value | None, slot: Slot, where: Location) -> str:
    if slot.context is Context.COMMENT:
        return str(reference)
    text = value.text if value else ""
    check_argument(text, f"the value of '{reference}'", where)
    if slot.context is Context.NUMBER:
        return _number(text, reference, where)
    if slot.context is Context.SINGLE:
        return text.replace("'", "'\\''")
    if slot.context is Context.DOUBLE:
        return ('""' if slot.glued else "") + _escaped(text)
    if value is None or value.is_path or slot.context is Context.WORD:
        return _quoted(text, slot)
    return " ".join(_quoted(word, slot) for word in _words(text))


def check_argument(text: str, what: str, location: Location | None) -> None:
    """Raise DefinitionError when no program can be given `text`: it holds NUL or is over `MAX_VALUE_BYTES` long."""
    if "\0" in text:
        raise DefinitionError(f"{what} holds a NUL character, which no argument can", location=location)
    length = len(text.encode("utf-8", "surrogateescape"))
    if length > MAX_VALUE_BYTES:
        raise DefinitionError(
            f"{what} is {length:,} bytes long, and Linux allows {MAX_VALUE_BYTES:,} in one argument",
            location=location,
            hint="put it in a file and give that as an input",
        )


def _number(text: str, reference: Reference, where: Location) -> str:
    whole, dot, fraction = text.removeprefix("-").partition(".")
    if text.isascii() and whole.isdigit() and (fraction.isdigit() or not dot):
        return text
    raise DefinitionError(
        f"'{reference}' stands where bash would run its value: in arithmetic, in [[ -gt ]] or after '>&'",
        location=where,
        hint="only a plain number can stand there",
    )


def _escaped(text: str) -> str:
    """`text` as it stands inside double quotes."""
    for special in '\\"$`':
        text = text.replace(special, "\\" + special)
    return text


def _quoted(word: str, slot: Slot) -> str:
    """One word, bare where no shell could read it in another way."""
    if word and not slot.glued and _BARE.issuperset(word) and word not in _SHELL_WORDS:
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def _words(text: str) -> list[str]:
    """`text` split as a shell would split it, quotes undone; one that no shell can read is split at blanks."""
    import shlex  # planning reads commands, only starting a step fills them

    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\n", True, ""
    try:
        return list(lexer)
    except ValueError:
        return [word for word in text.replace("\t", " ").replace("\n", " ").split(" ") if word]
