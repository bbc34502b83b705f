"""What needs to be known of the pipeline that is shown, in a few rows above the footer, for as long as it is so."""

import textwrap
from collections.abc import Sequence

from rich.segment import Segment
from textual.strip import Strip

from tui.keys.actions import action
from tui.views import Scene, StepState, Trouble
from tui.widgets.bar import Piece
from tui.widgets.status import Status, StatusWidget
from tui.widgets.text import fit
from tui.wording.safe import one_line
from tui.wording.status import glyph

#: Cells before a line of a file: its number and a bar.
_MARGIN = 9
#: An error is told in so many rows.
_MOST_ROWS = 3
#: So many steps are told of.
_MOST_STEPS = 2


class NoticeBar(StatusWidget):
    """Why the file does not load, with its line; which steps run without what was saved since. Often it has no rows."""

    DEFAULT_CSS = """
    NoticeBar { height: auto; display: none; background: $bar; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[tuple[Piece, ...], ...] = ()
        self._trouble: Trouble | None = None

    def show(self, scene: Scene, *, restarts: bool = False) -> None:
        """Tell what there is to tell of a scene; `restarts` says that outdated steps restart by themselves."""
        shown = scene.trouble if scene.graph is not None else None
        outdated = {name: state for name, state in scene.states.items() if state.outdated}
        rows = () if restarts else self._outdated_rows(outdated)
        self._set(shown, rows if not scene.subject.run else ())

    def _set(self, trouble: Trouble | None, rows: tuple[tuple[Piece, ...], ...]) -> None:
        if (trouble, rows) == (self._trouble, self._rows):
            return
        self._trouble, self._rows = trouble, rows
        self._fit()
        self.refresh()

    def _fit(self) -> None:
        """As many rows as what is told needs at this width."""
        height = len(self._all_rows(self.screen.size.width)) if self.is_attached else 0
        self.styles.height = height
        self.display = height > 0

    def on_resize(self) -> None:
        """Another width breaks words elsewhere."""
        self._fit()

    @property
    def plain_text(self) -> str:
        """What is told, as a person reads it."""
        return "\n".join("".join(text for text, _ in row) for row in self._all_rows(max(self.size.width, 40)))

    def _all_rows(self, width: int) -> Sequence[Sequence[Piece]]:
        return (*(_trouble_rows(self._trouble, width, self.ascii_only) if self._trouble else ()), *self._rows)

    def _outdated_rows(self, outdated: dict[str, StepState]) -> tuple[tuple[Piece, ...], ...]:
        rows: list[tuple[Piece, ...]] = []
        key = action("run.restart").key
        for name, state in list(outdated.items())[:_MOST_STEPS]:
            then = "begins it anew" if state.is_same else "begins it anew, as it is defined now"
            rows.append(
                (
                    (f" {glyph(Status.STALE, self.ascii_only)} ", "status--stale"),
                    (f"{key} ", "status--running"),
                    (f"{then}: ", "paint--muted"),
                    (one_line(name), "paint--title"),
                    (f" started before {one_line('; '.join(state.outdated))}", "paint--text"),
                )
            )
        more = len(outdated) - _MOST_STEPS
        return (*rows, ((f"   and {more} more", "paint--muted"),)) if more > 0 else tuple(rows)

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        rows = self._all_rows(width)
        pieces = rows[y] if y < len(rows) else ()
        segments = [Segment(text, self.paint(style)) for text, style in pieces]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)


def _trouble_rows(trouble: Trouble, width: int, ascii_only: bool) -> list[tuple[Piece, ...]]:
    """The error with its place; the line of the file, and a mark below the column."""
    place = trouble.place
    where = str(place.file) if place else ""
    if place and place.line:
        where += f":{place.line}" + (f":{place.column}" if place.column else "")
    hint = f"; {trouble.hint}" if trouble.hint else ""
    said = _said(one_line(where), one_line(f"{trouble.message}{hint}"), width, glyph(Status.FAILED, ascii_only))
    if not trouble.source or place is None:
        return said
    bar, mark = ("|", "^") if ascii_only else ("│", "▲")
    at = max(0, place.column - 1)
    text = one_line(trouble.source.expandtabs(1))
    room = max(8, width - _MARGIN - 1)
    left = max(0, min(at - room // 2, len(text) - room))
    return [
        *said,
        ((f"{place.line:6d} {bar} ", "paint--muted"), (fit(text[left:], room), "status--failed")),
        ((f"{'':6} {bar} ", "paint--muted"), (" " * (at - left) + mark if place.column else "", "status--failed")),
    ]


def _said(where: str, message: str, width: int, sign: str) -> list[tuple[Piece, ...]]:
    """The error in a few rows, its place first."""
    text = f"{where}  {message}" if where else message
    rows = textwrap.wrap(text, max(20, width - 4), max_lines=_MOST_ROWS, placeholder="...", drop_whitespace=False)
    first = rows[0].removeprefix(where)
    named = where if first != rows[0] else ""
    pieces = ((f" {sign} ", "status--failed"), (named, "paint--title"), (first, "paint--text"))
    return [pieces, *(((f"   {row.lstrip()}", "paint--text"),) for row in rows[1:])]
