"""The recorder's journal, said among a step's output and taken out of it again."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.computes.containers.frames import Frame
from core.computes.containers.reported import Reported
from core.tracking.recorder.echo import Echo

MARK = "\x1emlpw-0123:"
EVENTS = b"".join(b'{"type":"log","at":%d,"metrics":[]}\n' % number for number in range(400))


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The journal on the host."""
    return tmp_path / "there.jsonl"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here.jsonl"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def said_by(echo: Echo, pipe: tuple[int, int]) -> bytes:
    """What a recorder says of what is new in its journal."""
    echo.say()
    os.set_blocking(pipe[0], False)
    try:
        return os.read(pipe[0], 1 << 16)
    except BlockingIOError:
        return b""


def heard(reported: Reported, text: bytes, stream: int = 1) -> bytes:
    return reported.own(Frame(stream, "2026-11-21T00:00:00.000000000Z", text))


@pytest.mark.parametrize("size", [1, 7, 100, 16384])
def test_what_comes_in_any_pieces_is_told_apart(there: Path, here: Path, pipe: tuple[int, int], size: int) -> None:
    echo = Echo(there, MARK, pipe[1])
    there.write_bytes(EVENTS[:3000])
    said = b"10 %" + said_by(echo, pipe) + b"\r20 %\nwords\n"
    there.write_bytes(EVENTS)
    said += said_by(echo, pipe) + b"end \x1emlpw"
    reported = Reported(MARK, str(here))

    own = b"".join(heard(reported, said[at : at + size]) for at in range(0, len(said), size)) + reported.rest()

    assert own == b"10 %\r20 %\nwords\nend \x1emlpw"
    assert here.read_bytes() == EVENTS
    assert not reported.holds


def test_what_is_heard_again_is_taken_once(there: Path, here: Path, pipe: tuple[int, int]) -> None:
    there.write_bytes(EVENTS)
    said = said_by(Echo(there, MARK, pipe[1]), pipe)
    for end in (5000, 9000, len(said)):  # each time somebody was killed, and another begins at the start
        heard(Reported(MARK, str(here)), said[:end])

    assert here.read_bytes() == EVENTS


def test_a_piece_is_less_than_a_pipe_takes_at_once(there: Path, pipe: tuple[int, int]) -> None:
    there.write_bytes(EVENTS)

    lines = said_by(Echo(there, MARK, pipe[1]), pipe).splitlines(keepends=True)

    assert len(lines) > 1
    assert max(map(len, lines)) <= 4096


def test_a_piece_that_does_not_follow_is_left_out(there: Path, here: Path, pipe: tuple[int, int]) -> None:
    there.write_bytes(EVENTS)
    first, second, *_ = said_by(Echo(there, MARK, pipe[1]), pipe).splitlines(keepends=True)
    reported = Reported(MARK, str(here))

    assert heard(reported, second) == b""
    assert here.read_bytes() == b""
    heard(reported, first + second)
    assert here.read_bytes() == EVENTS[: 2 * 2700]


def test_words_that_only_look_like_a_piece_are_the_steps_own(here: Path) -> None:
    reported = Reported(MARK, str(here))
    for words in (f"{MARK}no number\n".encode(), f"{MARK}0 ???\n".encode(), MARK.encode() + b"x" * 5000, b"\x1e\n"):
        assert heard(reported, words) + reported.rest() == words
    assert heard(reported, MARK.encode() + b"0 aGk=\n", stream=2) == MARK.encode() + b"0 aGk=\n"
    assert not here.exists()
