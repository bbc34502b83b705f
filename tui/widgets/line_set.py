"""Some lines out of millions: a bit a line, with counts in between, so that the n-th of them is found at once."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable

_WORD = 64
_STRIDE = 16
_FULL = (1 << _WORD) - 1


class LineSet:
    """Line numbers from 0 on, said in their order; an `inverted` one means every line that was not said.

    The last line of a file, as long as it has no end, can change its mind: `say_open`.
    """

    def __init__(self, *, inverted: bool = False) -> None:
        self._inverted = inverted
        self.clear()

    def clear(self) -> None:
        """As if nothing had been said."""
        self._words = array("Q")
        self._sums = array("Q", [0])
        self._lines = 0
        self._count = 0
        self._open: bool | None = None

    @property
    def lines(self) -> int:
        """Lines of which it is known whether they are meant, the open one left out."""
        return self._lines

    @property
    def count(self) -> int:
        """Lines that are meant."""
        return self._count + (1 if self._open else 0)

    def say(self, numbers: Iterable[int], lines: int) -> None:
        """Of the next `lines` lines, those at `numbers` (from 0, ascending)."""
        words, base, end = self._words, self._lines, self._lines + lines
        words.extend([0] * (-(-end // _WORD) - len(words)))
        for number in numbers:
            at = base + number
            words[at // _WORD] |= 1 << (at % _WORD)
        while len(self._sums) * _STRIDE * _WORD <= end:
            first = (len(self._sums) - 1) * _STRIDE
            self._sums.append(self._sums[-1] + sum(map(int.bit_count, words[first : first + _STRIDE])))
        self._open = None
        self._lines = end
        self._count = self._before(end)

    def say_open(self, found: bool | None) -> None:
        """Whether the line after the last known one, which has no end yet, was found; None when there is none."""
        self._open = None if found is None else found != self._inverted

    def before(self, line: int) -> int:
        """How many of the lines before `line` are meant."""
        if line > self._lines:
            return self.count
        return self._before(line)

    def _before(self, line: int) -> int:
        word, bit = divmod(line, _WORD)
        stride = min(word // _STRIDE, len(self._sums) - 1)
        found = self._sums[stride] + sum(map(int.bit_count, self._words[stride * _STRIDE : word]))
        if bit:
            found += (self._words[word] & ((1 << bit) - 1)).bit_count()
        return line - found if self._inverted else found

    def at(self, index: int) -> int:
        """The line that is the `index`-th (from 0) of those that are meant.

        Raises IndexError.
        """
        if not 0 <= index < self.count:
            raise IndexError(index)
        if index >= self._count:
            return self._lines
        stride = bisect_right(range(len(self._sums)), index, key=self._up_to) - 1
        left = index - self._up_to(stride)
        for word in range(stride * _STRIDE, len(self._words)):
            bits = self._words[word] ^ _FULL if self._inverted else self._words[word]
            count = bits.bit_count()
            if left < count:
                for _ in range(left):
                    bits &= bits - 1
                return word * _WORD + (bits & -bits).bit_length() - 1
            left -= count
        raise IndexError(index)

    def _up_to(self, stride: int) -> int:
        said = self._sums[stride]
        return stride * _STRIDE * _WORD - said if self._inverted else said

    @property
    def memory(self) -> int:
        """Bytes that are held."""
        return (len(self._words) + len(self._sums)) * 8
