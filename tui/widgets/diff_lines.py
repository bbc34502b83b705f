"""Unified diffs as lines of a document."""

from collections.abc import Iterable

from tui.widgets.document import Line

_STYLES = {"+": "status--succeeded", "-": "status--failed", "@": "status--running"}


def diff_lines(texts: Iterable[str]) -> list[Line]:
    """Each line of a diff in the colour of what it is."""
    return [Line(text.expandtabs(4), style=_STYLES.get(text[:1], "paint--text"), code=True) for text in texts]
