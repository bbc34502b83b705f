"""Nothing that a step, a file or a name says can command the terminal; commands and panes clean it alike."""

import unicodedata

import pytest

from tui.wording.safe import first_line, lines, one_line

CASES = [
    ("plain text", "plain text"),
    ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
    ("\x1b]0;title\x1b\\", "␛]0;title␛\\"),
    ("\x1b[2J", "␛[2J"),
    ("\x9b31m", "\ufffd31m"),
    ("a\nb\tc\rd", "a␊b␉c␍d"),
    ("a\x00b\x7f", "a␀b␡"),
    ("exe\u202egnp.py", "exe↔gnp.py"),
    ("\u2066x\u2069\u200e\u061c", "↔x↔↔↔"),
    ("zero\u200bwidth\ufeff", "zero\ufffdwidth\ufffd"),
    ("soft\u00adhyphen", "soft-hyphen"),
    ("line\u2028sep", "line␤sep"),
    ("bad \udcff name", "bad \ufffd name"),
    ("tag \U000e0041", "tag \ufffd"),
    ("no\u00a0break", "no break"),
    ("[bold]markup[/bold]", "[bold]markup[/bold]"),
    ("日本 é ü ✓", "日本 é ü ✓"),
]


@pytest.mark.parametrize(("given", "shown"), CASES)
def test_control_and_bidi_characters_become_visible(given: str, shown: str) -> None:
    assert one_line(given) == shown
    assert one_line(given).isprintable()


def test_no_character_at_all_gets_through() -> None:
    for code in range(0x110000):
        shown = one_line(chr(code))
        assert shown.isprintable(), hex(code)
        assert unicodedata.category(shown[0]) not in ("Cc", "Cf", "Cs", "Zl", "Zp"), hex(code)


def test_only_the_first_line_of_several_is_shown() -> None:
    assert first_line("error: no\nmore\n") == "error: no …"
    assert first_line("one line\n") == "one line"


def test_a_text_of_several_lines_keeps_its_line_ends_and_tabs() -> None:
    assert lines("a\tb\nc\x1b[2J\u202e\r") == "a\tb\nc␛[2J↔␍"


def test_a_flood_of_marks_on_one_character_is_cut_short() -> None:
    assert one_line("e" + "\u0301" * 5000 + "!") == "e" + "\u0301" * 4 + "!"
    assert lines("a\u0308o\u0302\u0323") == "a\u0308o\u0302\u0323"
