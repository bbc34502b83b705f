"""Secrets never pass, wherever the stream is cut."""

import random

import pytest

from core.computes.shim.mask import Mask


def _pass(stream: bytes, secrets: list[bytes], sizes: list[int]) -> bytes:
    mask = Mask(secrets)
    shown, at = b"", 0
    for size in sizes:
        shown += mask.feed(stream[at : at + size])
        at += size
    return shown + mask.feed(stream[at:]) + mask.end()


@pytest.mark.parametrize("cut", range(20))
def test_a_secret_cut_in_two_is_masked(cut: int) -> None:
    assert _pass(b"key=abcdef; rest", [b"abcdef"], [cut]) == b"key=***; rest"


def test_the_start_of_a_secret_that_is_none_passes() -> None:
    assert _pass(b"abcde abcd", [b"abcdef"], [1] * 10) == b"abcde abcd"


def test_secrets_that_overlap_are_both_covered() -> None:
    assert _pass(b"-abcde-", [b"abc", b"cde"], []) == b"-***-"


def test_without_secrets_everything_passes_at_once() -> None:
    assert Mask([]).feed(b"abc") == b"abc"


def test_an_empty_secret_masks_nothing() -> None:
    assert _pass(b"abc", [b""], []) == b"abc"


def test_nothing_is_kept_back_that_cannot_be_a_secret() -> None:
    assert Mask([b"secret"]).feed(b"progress 10%") == b"progress 10%"


@pytest.mark.parametrize("seed", range(200))
def test_any_cut_of_any_stream_hides_exactly_the_secret_bytes(seed: int) -> None:
    dice = random.Random(seed)
    stream = bytes(dice.choices(b"ab", k=dice.randrange(60)))
    secrets = [bytes(dice.choices(b"ab", k=dice.randrange(1, 6))) for _ in range(dice.randrange(1, 4))]
    sizes = [dice.randrange(5) for _ in range(20)]
    assert _pass(stream, secrets, sizes).replace(b"***", b"") == _uncovered(stream, secrets)


def _uncovered(stream: bytes, secrets: list[bytes]) -> bytes:
    hidden: set[int] = set()
    for secret in secrets:
        for at in range(len(stream)):
            if stream.startswith(secret, at):
                hidden |= set(range(at, at + len(secret)))
    return bytes(byte for at, byte in enumerate(stream) if at not in hidden)
