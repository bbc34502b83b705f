"""What is looked for in a log, and where the search stands; the looking is done by a thread (log_scan)."""

from tui.widgets.log_lines import Lines
from tui.widgets.log_pattern import Pattern, PatternError
from tui.widgets.log_scan import Scan, Scanner


class Finder:
    """A pattern that is found, one that keeps lines, the line that was found last, and the one that is sought."""

    def __init__(self) -> None:
        self.pattern: Pattern | None = None
        self.kept: Pattern | None = None
        self.found = -1
        self.text = self.trouble = ""
        self._sought: tuple[int, int] | None = None
        self._origin: tuple[int, int] | None = None
        self._scanner = Scanner()
        self._scans: tuple[Scan, ...] = ()
        self._has_wrapped = False

    def stop(self) -> None:
        """Let the thread end."""
        self._scanner.stop()

    def attach(self, lines: Lines) -> None:
        """Look through other lines from now on, for the same."""
        self.found, self._sought, self._origin = -1, None, None
        lines.keep(self.kept)
        lines.find(self.pattern)
        self.rescan(lines)

    def rescan(self, lines: Lines) -> None:
        """Have a thread look through what has to be looked through."""
        self._scans = lines.scans
        self._scanner.look_through(self._scans)

    def find(self, lines: Lines, text: str, origin: int, direction: int) -> None:
        """Look for what a person wrote, and seek the nearest place from `origin` on; a search that goes on, as while a
        person writes, keeps its first origin. An empty text ends it.
        """
        if not text:
            self._origin = None
        elif self._origin is None:
            self._origin = (origin, direction)
        self.text, self.trouble, self.found, self._has_wrapped = text, "", -1, False
        try:
            self.pattern = Pattern.to_find(text) if text.removeprefix("~") else None
        except PatternError as error:
            self.pattern, self.trouble = None, str(error)
        lines.find(self.pattern)
        self._sought = self._origin if self.pattern is not None else None
        self.rescan(lines)

    def keep(self, lines: Lines, text: str) -> None:
        """Keep only lines with what a person wrote; an empty text keeps all."""
        self.trouble, self.found, self._sought = "", -1, None
        try:
            self.kept = Pattern.to_keep(text) if text.removeprefix("!").removeprefix("~") else None
        except PatternError as error:
            self.kept, self.trouble = None, str(error)
        lines.keep(self.kept)
        lines.find(self.pattern)
        self.rescan(lines)

    def settle(self) -> None:
        """The pattern is written: the next one starts where one is then."""
        self._origin = None

    def seek_on(self, at: int, direction: int) -> None:
        """Seek the next place (1) or the one before (-1) from where one is, or from the last found."""
        if self.pattern is None:
            return
        self._has_wrapped = False
        start = self.found if self.found >= 0 else at
        self._sought = (start + 1 if direction > 0 and self.found >= 0 else start, direction)

    def look(self, lines: Lines) -> int:
        """The line that was sought and has been found now, else -1; wakes the thread when there is more to read."""
        if lines.scans != self._scans:  # a log went on in another file
            self.rescan(lines)
        if any(scan.is_behind for scan in lines.scans):
            self._scanner.wake()
        busy = lines.is_coming or any(scan.is_coming for scan in lines.scans)
        self.trouble = next((scan.trouble for scan in lines.scans if scan.trouble), self.trouble)
        if self._sought is None:
            return -1
        start, direction = self._sought
        if busy and direction < 0:
            return -1
        hit = lines.next_hit(start, direction)
        if hit < 0 and not busy:
            hit = lines.next_hit(0 if direction > 0 else lines.line_count, direction)
            self._has_wrapped = hit >= 0
            self._sought = None
        if hit >= 0:
            self.found, self._sought = hit, None
        return hit

    @property
    def is_seeking(self) -> bool:
        """Whether a place is sought and not found yet."""
        return self._sought is not None

    def words(self, lines: Lines) -> list[str]:
        """How the search stands, for the title."""
        said = [self.trouble] if self.trouble else []
        if self.kept is not None:
            said.append(f"& {self.kept.written}")
        if self.pattern is not None and not self.trouble:
            count = lines.hit_count
            at = f"{lines.hits_before(self.found) + 1:,}/" if self.found >= 0 else ""
            none = "searching" if self.is_seeking else "no match"
            said.append(f"{at}{count:,}{' wrapped' if self._has_wrapped else ''}" if count else none)
        return said
