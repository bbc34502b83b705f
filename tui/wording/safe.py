"""Text that steps, files and names bring, made safe to show on a terminal: the one place where it is cleaned."""

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
#: Characters that turn the direction of text around, so that a name can look like another (Unicode TR 9).
_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_KNOWN = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\N{SYMBOL FOR DELETE}",
    0xAD: "-",
    0x2028: "\N{SYMBOL FOR NEWLINE}",
    0x2029: "\N{SYMBOL FOR NEWLINE}",
    **dict.fromkeys(_BIDI, "\N{LEFT RIGHT ARROW}"),
}


class _Glyphs(dict[int, str]):
    """Code point -> what is shown for it, filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = character if character.isprintable() else _shown(character)
        return self[code]


def _shown(character: str) -> str:
    import unicodedata  # most text never gets here

    if unicodedata.category(character) == "Zs":
        return " "
    return _KNOWN.get(ord(character), _UNKNOWN)


_GLYPHS = _Glyphs()
_GLYPHS_OF_LINES = _Glyphs({0x09: "\t", 0x0A: "\n"})


def one_line(text: str) -> str:
    """`text` with every control, format, direction and unpaired character, line ends too, as one visible glyph.

    Of a flood of combining marks on one character the first few are left.
    """
    shown = text if text.isprintable() else text.translate(_GLYPHS)
    return shown if shown.isascii() else _without_floods(shown)


def lines(text: str) -> str:
    """The same, but line ends and tabs stay."""
    shown = text if text.isprintable() else text.translate(_GLYPHS_OF_LINES)
    return shown if shown.isascii() else _without_floods(shown)


#: Marks that take no cell of their own (Unicode's combining blocks, variation selectors), more of them than any script
#: puts on one character.
_FLOOD = (
    "([\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]{4})"
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]+"
)


def _without_floods(text: str) -> str:
    import re  # text is ASCII mostly, and then needs none

    return re.sub(_FLOOD, "\\1", text)


def first_line(text: str) -> str:
    """The first line of `text`, made safe; an ellipsis says that there was more."""
    first, newline, rest = text.strip().partition("\n")
    return one_line(first) + (" …" if newline and rest else "")
