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
    """`text` with every control, format, direction and unpaired character, line ends too, as one visible glyph."""
    return text if text.isprintable() else text.translate(_GLYPHS)


def lines(text: str) -> str:
    """The same, but line ends and tabs stay."""
    return text if text.isprintable() else text.translate(_GLYPHS_OF_LINES)


def first_line(text: str) -> str:
    """The first line of `text`, made safe; an ellipsis says that there was more."""
    first, newline, rest = text.strip().partition("\n")
    return one_line(first) + (" …" if newline and rest else "")
