"""The patterns of `.dockerignore`, also those that nobody could mean."""

import pytest

from core.definitions.dockerignore import DockerIgnore


@pytest.mark.parametrize(
    ("pattern", "left_out", "kept"),
    [
        ("part[12].txt", "part1.txt", "part3.txt"),
        ("part[^12].txt", "part3.txt", "part1.txt"),
        ("part[a-c]", "partb", "partd"),
        ("a[[]b", "a[b", "ab"),
        ("a]b", "a]b", "ab"),
    ],
)
def test_a_bracket_stands_for_one_of_its_characters(pattern: str, left_out: str, kept: str) -> None:
    rules = DockerIgnore(pattern)
    assert rules.leaves_out(left_out)
    assert not rules.leaves_out(kept)


@pytest.mark.parametrize("pattern", ["a[b", "a[]b", "a[^]", "a[z-a]b", "a[", "[]", "a[[:b"])
def test_a_bracket_that_begins_nothing_stands_for_itself(pattern: str) -> None:
    rules = DockerIgnore(f"{pattern}\nother")
    assert rules.leaves_out(pattern)
    assert rules.leaves_out("other")
    assert not rules.leaves_out("a")
