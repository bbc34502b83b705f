"""When the bytes of a log came: the file beside it, searched on disk, of which a few pages are kept."""

import struct
from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path

from tui.widgets.log_file import read_at

_PAIR = 16
_PAGE = 256
_KEPT_PAGES = 32


class LogTimes:
    """Pairs (offset, nanoseconds since the epoch), little-endian 64 bit each, in the order of the log."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._count = 0
        self._pages: OrderedDict[int, tuple[list[int], list[int]]] = OrderedDict()

    def close(self) -> None:
        """Forget what was read of the file: another one may stand there next."""
        self._count = 0
        self._pages.clear()

    @property
    def is_known(self) -> bool:
        """Whether there is any time."""
        return self._count > 0

    def look(self) -> None:
        """Notice what came since the last look."""
        try:
            count = self.path.stat().st_size // _PAIR if self.path is not None else 0
        except OSError:
            return
        if count != self._count:
            self._pages.pop(self._count // _PAGE, None)
            self._pages.pop(count // _PAGE, None)
            self._count = count

    @property
    def first(self) -> int:
        """The first moment, 0 without any."""
        return self._pair(0)[1] if self._count else 0

    @property
    def last(self) -> int:
        """The last moment, 0 without any."""
        return self._pair(self._count - 1)[1] if self._count else 0

    def at(self, offset: int) -> int:
        """When the byte at `offset` came, 0 when nobody knows."""
        if not self._count:
            return 0
        return self._pair(max(0, self._search(0, offset) - 1))[1]

    def offset_after(self, moment: int) -> int | None:
        """The offset of the first byte that came later than `moment`; None when none did."""
        found = self._search(1, moment)
        return self._pair(found)[0] if found < self._count else None

    def _pair(self, number: int) -> tuple[int, int]:
        offsets, moments = self._page(number // _PAGE)
        index = number % _PAGE
        return (offsets[index], moments[index]) if index < len(offsets) else (0, 0)

    def _search(self, column: int, value: int) -> int:
        """How many pairs have at most `value` in `column`."""
        pages = -(-self._count // _PAGE)
        page = bisect_right(range(pages), value, key=lambda number: self._page(number)[column][0]) - 1
        return 0 if page < 0 else page * _PAGE + bisect_right(self._page(page)[column], value)

    def _page(self, number: int) -> tuple[list[int], list[int]]:
        page = self._pages.get(number)
        if page is None:
            wanted = min(_PAGE, self._count - number * _PAGE)
            data = read_at(self.path, wanted * _PAIR, number * _PAGE * _PAIR).ljust(wanted * _PAIR, b"\0")
            values = struct.unpack(f"<{2 * wanted}Q", data)
            page = self._pages[number] = (list(values[::2]), list(values[1::2]))
            while len(self._pages) > _KEPT_PAGES:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page


def times_beside(log: Path | None) -> Path | None:
    """Where the times of a log lie: log.txt has them in log.times."""
    return log.with_suffix(".times") if log is not None and log.suffix == ".txt" else None
