"""Big files on their way to a host, and the agents that want them."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.hosts.agent.coming import Half, half_file, how_far
from core.hosts.agent.volume import Volume
from core.layout import Layout
from core.store.objects import Store

_DIGEST = "d" * 64


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    with closing(Store(Layout(tmp_path))) as store:
        yield Volume(tmp_path, store)


def begun(volume: Volume, came: bytes) -> Half:
    """An agent has the file, and so much came to it."""
    half = half_file(volume, _DIGEST, 100)
    assert isinstance(half, Half)
    os.write(half.fd, came)
    return half


def test_what_comes_to_one_agent_another_waits_for(volume: Volume) -> None:
    half = begun(volume, b"apples")
    assert half_file(volume, _DIGEST, 100) == 6
    assert how_far(volume, [_DIGEST]) == {_DIGEST: 6}
    half.close()


def test_what_an_agent_left_the_next_goes_on_with(volume: Volume) -> None:
    first = begun(volume, b"apples")
    first.close()
    second = half_file(volume, _DIGEST, 100)
    assert isinstance(second, Half)
    assert (second.path, second.size) == (first.path, 6)
    second.close()


def test_an_agent_whose_sender_is_out_of_reach_is_not_waited_for(volume: Volume) -> None:
    first = begun(volume, b"apples")
    os.utime(first.path, (0, 0))
    second = half_file(volume, _DIGEST, 100)
    assert isinstance(second, Half)
    os.write(first.fd, b"pears")  # it is reached again
    assert Path(second.path).read_bytes() == b"apples"
    assert not first.is_there()
    for half in (first, second):
        half.close()


def test_what_is_longer_than_the_file_is_begun_anew(volume: Volume) -> None:
    begun(volume, b"x" * 101).close()
    half = half_file(volume, _DIGEST, 100)
    assert isinstance(half, Half)
    assert half.size == 0
    half.close()
