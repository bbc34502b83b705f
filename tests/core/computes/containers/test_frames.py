"""The raw stream of a log as frames, wherever it is cut."""

import pytest

from core.computes.containers.frames import BrokenStreamError, Frame, Frames, seconds_of

AT = "2026-11-21T18:00:00.123456789Z"


def frame(stream: int, text: bytes, at: str = AT) -> bytes:
    said = at.encode() + b" " + text
    return bytes([stream, 0, 0, 0]) + len(said).to_bytes(4, "big") + said


def test_frames_are_found_wherever_the_stream_is_cut() -> None:
    stream = frame(1, b"one\n") + frame(2, b"") + frame(1, b"two words\n")
    for size in range(1, len(stream)):
        frames = Frames()
        found = [f for at in range(0, len(stream), size) for f in frames.feed(stream[at : at + size])]
        assert found == [Frame(1, AT, b"one\n"), Frame(2, AT, b""), Frame(1, AT, b"two words\n")]


def test_what_is_no_stream_of_frames_is_refused() -> None:
    with pytest.raises(BrokenStreamError):
        list(Frames().feed(b"plain text of a terminal"))


def test_moments_are_seconds_and_nanoseconds() -> None:
    assert seconds_of("1970-01-02T00:00:01.5Z") == (86401, 500_000_000)
    assert seconds_of(AT)[1] == 123_456_789
    with pytest.raises(ValueError, match="time data"):
        seconds_of("never")
