"""Text that steps, files and names bring, made safe to print on a terminal."""

#: Characters that turn the direction of text around, so that a name can look like another (Unicode TR 9).
_BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_SHOWN = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\N{SYMBOL FOR DELETE}",
    **dict.fromkeys(range(0x80, 0xA0), "\N{REPLACEMENT CHARACTER}"),
    **dict.fromkeys(_BIDI, "\N{LEFT RIGHT ARROW}"),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
}
_LINES = {code: shown for code, shown in _SHOWN.items() if code not in (0x09, 0x0A)}


def one_line(text: str) -> str:
    """The text with every control and direction character, line ends too, as a visible glyph."""
    return text if text.isascii() and text.isprintable() else text.translate(_SHOWN)


def lines(text: str) -> str:
    """The same, but line ends and tabs stay."""
    return text.translate(_LINES)
