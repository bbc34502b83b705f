"""What people wrote, as it can stand in a message of one line."""


def shortened(text: str, limit: int = 60) -> str:
    """The beginning of `text` in one line, with whatever a terminal would not print as itself written out."""
    line = " ".join(text[: 4 * limit].split())
    cut = line[: limit - 3] + "..." if len(line) > limit else line
    if cut.isprintable():
        return cut
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in cut)
