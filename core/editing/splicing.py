"""One value put, taken out or renamed in a YAML text; every other character stays as it is."""

from collections.abc import Sequence

from core.definitions.yaml_spans import AliasSpan, EntrySpan, MappingSpan, ScalarSpan
from core.editing import writing
from core.editing.document import Document, Path
from core.editing.order import usual_order
from core.editing.writing import Value
from core.errors import UsageError

#: Entries of this many lines are kept apart by an empty one, when nothing beside them says how.
_LONG = 4


def put(document: Document, path: Path, value: Value) -> str:
    """The text with `value` at a path; what is missing on the way there is made, where people usually write it.

    Raises UsageError where the place is better edited by hand.
    """
    entry = document.find(path)
    if entry is not None:
        return _replaced(document, path, entry, value)
    parent = document.mapping(path[:-1])
    if parent is None:
        return put(document, path[:-1], {path[-1]: value})
    if parent.is_flow:
        return _in_flow(document, path, parent, value)
    return _in_block(document, path, parent, value)


def take(document: Document, path: Path) -> str:
    """The text without the entry at a path, and without the mapping around it when nothing else is in that.

    Comments right above the entry go with it. Raises UsageError when it is not there.
    """
    entry, parent = document.find(path), document.mapping(path[:-1])
    if entry is None or parent is None:
        raise UsageError(f"there is no '{'.'.join(path)}'")
    if len(parent.entries) == 1 and len(path) > 1 and not _has_own_comments(document, parent, entry):
        return take(document, path[:-1])
    if parent.is_flow:
        return _out_of_flow(document, path, parent, entry)
    _require_line(document, path, entry)
    if len(parent.entries) == 1 and len(path) > 1:
        return _emptied(document, path, entry)
    first, last = _first_line(document, entry), _last_line(document, entry)
    is_last = parent.entries[-1] is entry and len(parent.entries) > 1
    if first > 0 and _is_blank(document, first - 1) and (is_last or _is_blank(document, last + 1)):
        first -= 1
    elif parent.entries[0] is entry and last + 1 < len(document.starts) - 1 and _is_blank(document, last + 1):
        last += 1
    return document.changed(_lines(document, first, last))


def rename(document: Document, path: Path, new: str) -> str:
    """The text with another key at a path.

    Raises UsageError when it is not there.
    """
    entry = document.find(path)
    if entry is None:
        raise UsageError(f"there is no '{'.'.join(path)}'")
    return document.changed((entry.key_start, entry.key_end, written_key(document, entry, new)))


def written_key(document: Document, entry: EntrySpan, new: str) -> str:
    """A key in the quotes of the one it replaces."""
    old = document.text[entry.key_start]
    return writing.key_text(new, old if old in "'\"" else "", True)


# Replacing


def _replaced(document: Document, path: Path, entry: EntrySpan, value: Value) -> str:
    old = entry.value
    if not isinstance(old, AliasSpan) and old.is_marked:
        raise document.refusal(path, "has an anchor ('&') or a tag ('!')", old.start)
    parent = document.mapping(path[:-1])
    is_simple = not isinstance(value, dict | list | tuple)
    if parent is not None and parent.is_flow:
        new = writing.flow(value, quote=_quote_of(document, old, parent, value))
        return document.changed((old.start, old.end, new))
    if is_simple and not (isinstance(value, str) and "\n" in value):
        new = writing.scalar(value, quote=_quote_of(document, old, None, value))
        if isinstance(old, MappingSpan) and not old.is_flow:
            _require_nothing_below(document, path, entry)
        gap = "" if document.text[old.start - 1 : old.start] == " " and old.start > entry.key_end + 1 else " "
        if old.start == old.end:
            return document.changed((old.start, old.end, gap + new))
        start = old.start if document.line_of(old.start) == document.line_of(entry.key_end) else _colon(document, entry)
        return document.changed((start, old.end, new if start == old.start else f" {new}"))
    return _as_lines(document, path, entry, value)


def _as_lines(document: Document, path: Path, entry: EntrySpan, value: Value) -> str:
    """A value of several lines in place of another; a comment behind the key stays there."""
    if isinstance(entry.value, MappingSpan) and not entry.value.is_flow:
        _require_nothing_below(document, path, entry)
    column = document.column(entry.key_start)
    head, *below = writing.entry(entry.key, value, column, _step(document))
    mark = head.partition(":")[2].strip()
    old = entry.value
    text = document.newline.join(below)
    colon = _colon(document, entry)
    tail = f" {mark}" if mark else ""
    if isinstance(old, ScalarSpan) and old.start == old.end and old.start <= colon:
        end = _end_of_line(document, colon)
        return document.changed((colon, colon, tail), (end, end, document.newline + text))
    if document.line_of(old.start) == document.line_of(old.end):
        end = _end_of_line(document, old.end)
        rest = document.text[old.end : end]
        return document.changed((colon, end, f"{tail}{rest.rstrip()}{document.newline}{text}"))
    return document.changed((colon, old.end, f"{tail}{document.newline}{text}"))


def _quote_of(document: Document, old: object, parent: MappingSpan | None, value: Value) -> str:
    """The quotes to write a text in: those of what it replaces, in braces those of the keys beside it."""
    if isinstance(old, ScalarSpan) and old.style in ("'", '"') and isinstance(value, str):
        return old.style
    return _quote_in(document, parent) if parent is not None else ""


def _quote_in(document: Document, parent: MappingSpan) -> str:
    first = parent.entries[0] if parent.entries else document.root.entries[0] if document.root.is_flow else None
    return '"' if first is not None and document.text[first.key_start] == '"' else ""


def _require_nothing_below(document: Document, path: Path, entry: EntrySpan) -> None:
    first, last = document.line_of(entry.key_end), document.line_of(entry.end)
    if any("#" in document.line(number) for number in range(first, last + 1)):
        raise document.refusal(path, "holds comments that would be lost", entry.key_start)


# Putting in


def _in_flow(document: Document, path: Path, parent: MappingSpan, value: Value) -> str:
    around = document.mapping(path[:-2]) if len(path) > 1 else None
    if not parent.entries and around is not None and not around.is_flow:
        owner = document.find(path[:-1])
        assert owner is not None
        return _as_lines(document, path[:-1], owner, {path[-1]: value})
    quote = _quote_in(document, parent)
    new = f"{writing.key_text(path[-1], quote, True)}: {writing.flow(value, quote=quote)}"
    if not parent.entries:
        return document.changed((parent.start, parent.end, f"{{{new}}}"))
    last = parent.entries[-1]
    if len(parent.entries) > 1 or document.line_of(parent.start) != document.line_of(last.key_start):
        before = parent.entries[-2].end if len(parent.entries) > 1 else parent.start + 1
        gap = document.text[before : last.key_start].lstrip(",")
        if not gap.strip():
            return document.changed((last.end, last.end, f",{gap or ' '}{new}"))
    return document.changed((last.end, last.end, f", {new}"))


def _in_block(document: Document, path: Path, parent: MappingSpan, value: Value) -> str:
    first = parent.entries[0]
    _require_line(document, path, first)
    behind = _predecessor(parent, path[-1], usual_order(path))
    column = document.column(first.key_start)
    step = _inner_step(document, parent, column)
    lines = writing.entry(path[-1], value, column, step)
    at = _last_line(document, behind) + 1
    if _is_spaced(document, parent):
        lines = ["", *lines]
    text = document.newline.join(lines)
    if at >= len(document.starts):
        end = len(document.text)
        return document.changed((end, end, document.newline + text))
    return document.changed((document.starts[at], document.starts[at], text + document.newline))


def _predecessor(parent: MappingSpan, key: str, order: Sequence[str]) -> EntrySpan:
    """The entry to stand behind: the last that comes before `key` in `order`, else the last of all."""
    if key in order:
        earlier = set(order[: list(order).index(key)])
        found = [entry for entry in parent.entries if entry.key in earlier]
        if found:
            return found[-1]
    return parent.entries[-1]


def _is_spaced(document: Document, parent: MappingSpan) -> bool:
    """Whether the entries are kept apart by empty lines."""
    entries = parent.entries
    if len(entries) < 2:
        return document.line_of(entries[0].end) - document.line_of(entries[0].key_start) >= _LONG
    return all(_is_blank(document, _first_line(document, entry) - 1) for entry in entries[1:])


def _inner_step(document: Document, parent: MappingSpan, column: int) -> int:
    """How far the values in here are indented: as those beside, else as anywhere in the text."""
    for entry in parent.entries:
        if isinstance(entry.value, MappingSpan) and not entry.value.is_flow and entry.value.entries:
            return document.column(entry.value.start) - column
    return _step(document)


def _step(document: Document) -> int:
    for entry in document.root.entries:
        if isinstance(entry.value, MappingSpan) and not entry.value.is_flow and not document.root.is_flow:
            return max(1, document.column(entry.value.start) - document.column(entry.key_start))
    return 2


# Taking out


def _out_of_flow(document: Document, path: Path, parent: MappingSpan, entry: EntrySpan) -> str:
    at = parent.entries.index(entry)
    if len(parent.entries) == 1:
        start, end = parent.start + 1, parent.end - 1
    elif at == 0:
        start, end = entry.key_start, parent.entries[1].key_start
    else:
        start, end = parent.entries[at - 1].end, entry.end
    if "#" in document.text[start : entry.key_start] or "#" in document.text[entry.end : end]:
        raise document.refusal(path, "has a comment beside it", entry.key_start)
    return document.changed((start, end, ""))


def _emptied(document: Document, path: Path, entry: EntrySpan) -> str:
    """Only comments are left in the mapping around the entry: they stay, under an empty mapping."""
    owner = document.find(path[:-1])
    assert owner is not None
    first, last = _first_line(document, entry), document.line_of(entry.end)
    return document.changed((_colon(document, owner), _colon(document, owner), " {}"), _lines(document, first, last))


def _has_own_comments(document: Document, parent: MappingSpan, entry: EntrySpan) -> bool:
    """Whether a block of one entry holds comments that are not about that entry."""
    if parent.is_flow:
        return False
    begin = document.line_of(parent.start)
    above = range(_owner_line(document, begin) + 1, _first_line(document, entry))
    end = _last_line(document, entry)
    below = range(document.line_of(entry.end) + 1, _last_of_mapping(document, parent, end) + 1)
    return any(document.line(number).strip().startswith("#") for number in (*above, *below))


def _owner_line(document: Document, begin: int) -> int:
    """The line of the key that a block stands under."""
    column = document.column(document.starts[begin]) + len(document.line(begin)) - len(document.line(begin).lstrip())
    number = begin - 1
    while number > 0:
        text = document.line(number)
        if text.strip() and not text.lstrip().startswith("#") and len(text) - len(text.lstrip()) < column:
            return number
        number -= 1
    return 0


# Lines


def _first_line(document: Document, entry: EntrySpan) -> int:
    """The entry's first line, or that of the comments that stand right above it."""
    column, number = document.column(entry.key_start), document.line_of(entry.key_start)
    while number > 0:
        above = document.line(number - 1)
        if not above.lstrip().startswith("#") or len(above) - len(above.lstrip()) != column:
            break
        number -= 1
    return number


def _last_line(document: Document, entry: EntrySpan) -> int:
    """The entry's last line, with comments below that stand further right than its key."""
    return _comments_below(document, document.line_of(entry.end), document.column(entry.key_start) + 1)


def _last_of_mapping(document: Document, parent: MappingSpan, at: int) -> int:
    return _comments_below(document, at, document.column(parent.start))


def _comments_below(document: Document, number: int, column: int) -> int:
    """The last of the comment lines below a line that stand at a column or further right."""
    last = number
    while (number := number + 1) < len(document.starts):
        text = document.line(number)
        if text.strip() and not text.lstrip().startswith("#"):
            break
        if text.strip():
            if len(text) - len(text.lstrip()) < column:
                break
            last = number
    return last


def _lines(document: Document, first: int, last: int) -> tuple[int, int, str]:
    """Lines to be removed, as an edit."""
    starts, size = document.starts, len(document.text)
    end = starts[last + 1] if last + 1 < len(starts) else size
    if end == size and not document.text.endswith("\n") and first > 0:
        start = starts[first] - len(document.newline)  # the text before must not gain an end of line
        return start, end, ""
    return starts[first], end, ""


def _is_blank(document: Document, number: int) -> bool:
    """Whether a line is empty; before the first and behind the last there is nothing."""
    return number < 0 or number >= len(document.starts) or not document.line(number).strip()


def _end_of_line(document: Document, offset: int) -> int:
    number = document.line_of(offset)
    return document.starts[number] + len(document.line(number))


def _colon(document: Document, entry: EntrySpan) -> int:
    """Right behind the colon of a key."""
    return document.text.index(":", entry.key_end) + 1


def _require_line(document: Document, path: Path, entry: EntrySpan) -> None:
    if not document.starts_line(entry.key_start):
        raise document.refusal(path, "stands on a line with something else before it", entry.key_start)
