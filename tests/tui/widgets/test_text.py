"""Nothing that a step, a file or a name says can command the terminal."""

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from tui.widgets.sgr import log_segments, plain
from tui.widgets.text import AsciiGuard, ControlGuard, fit, wrap_words


def test_the_guard_disarms_a_strip_that_was_not_cleaned() -> None:
    made = ControlGuard().apply([Segment("ok "), Segment("\x1b]0;x\x07")], Color(0, 0, 0))
    assert [segment.text for segment in made] == ["ok ", "␛]0;x␇"]


def test_the_ascii_guard_keeps_the_width() -> None:
    text = "╭─ é 漢 ✓ …"
    (made,) = AsciiGuard().apply([Segment(text)], Color(0, 0, 0))
    assert made.text.isascii()
    assert len(made.text) == cell_len(text)


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 5), ("abcdef", 4), ("日本語", 4), ("日本語", 5), ("", 3), ("x", 1)]
)
def test_fitting_gives_exactly_the_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width


def test_words_wrap_and_long_ones_are_broken() -> None:
    assert wrap_words("one two three", 7) == ["one two", "three"]
    assert wrap_words("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrap_words("a\n\nb", 10) == ["a", "", "b"]


def test_long_paths_are_broken_after_a_folder_so_that_file_and_line_stay_together() -> None:
    assert wrap_words("see pipelines/flight_delays.yml:40", 24) == ["see", "pipelines/", "flight_delays.yml:40"]
    assert wrap_words("abc/defghijklmnop", 7) == ["abc/def", "ghijklm", "nop"], (
        "what is longer than a line is broken anyway"
    )
    assert wrap_words("a/bcdefghijkl", 7) == ["a/bcdef", "ghijkl"], "but not where most of a line would be lost"


def test_a_logs_own_colours_are_kept_and_nothing_else() -> None:
    segments = log_segments("\x1b[1;31mred\x1b[0m plain \x1b[2Jclear \x1b]52;c;x\x07")
    assert segments[0].text == "red"
    assert segments[0].style is not None
    assert segments[0].style.bold
    assert segments[0].style.color is not None
    assert segments[0].style.color.number == 1
    assert "".join(segment.text for segment in segments) == "red plain ␛[2Jclear ␛]52;c;x␇"


@pytest.mark.parametrize("codes", ["38;5;999", "38;2;1;2", "38", "99999999", ";;;", "38;5", "48;2;300;0;0"])
def test_broken_colour_codes_do_no_harm(codes: str) -> None:
    assert plain(f"\x1b[{codes}mtext\x1b[0m") == "text"


def test_a_progress_bar_shows_its_last_state() -> None:
    assert plain(" 10%|#   \r 50%|##  \r100%|####") == "100%|####"
    assert plain("windows line\r") == "windows line"


def test_tabs_are_spaced() -> None:
    assert plain("a\tb") == "a       b"


def test_arrows_and_quotes_keep_their_meaning_in_ascii() -> None:
    (made,) = AsciiGuard().apply([Segment("↑ ↓ ← → “x” \u2013")], Color(0, 0, 0))
    assert made.text == '^ v < > "x" -'
