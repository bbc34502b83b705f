import pytest

from core.errors import StoreError
from core.store.manifest import Entry, decode_manifest, diff, make_manifest, shown

A, B = "a" * 64, "b" * 64


def test_a_manifest_survives_being_written_and_read() -> None:
    names = ["train.py", "a b", "new\nline", "\x1b[31m", "not utf-8 \udcff", "z" * 255, "sub/ü"]
    manifest = make_manifest({name: Entry("f", i, A) for i, name in enumerate(names)} | {"empty": Entry("d", 0, "")})

    assert decode_manifest(manifest.encode(), manifest.digest) == manifest


def test_the_order_of_writing_does_not_count() -> None:
    first = make_manifest({"a": Entry("f", 1, A), "b": Entry("f", 1, B)})
    second = make_manifest({"b": Entry("f", 1, B), "a": Entry("f", 1, A)})

    assert first.digest == second.digest
    assert list(second.entries) == ["a", "b"]


@pytest.mark.parametrize(
    "other",
    [
        {"b": Entry("f", 1, A)},
        {"a": Entry("x", 1, A)},
        {"a": Entry("f", 1, B)},
        {"a": Entry("l", 1, A)},
        {"a": Entry("f", 1, A), "e": Entry("d", 0, "")},
        {},
    ],
)
def test_every_part_of_an_entry_counts(other: dict[str, Entry]) -> None:
    assert make_manifest(other).digest != make_manifest({"a": Entry("f", 1, A)}).digest


def test_a_torn_manifest_is_refused() -> None:
    manifest = make_manifest({"a": Entry("f", 1, A)})

    with pytest.raises(StoreError, match="damaged"):
        decode_manifest(manifest.encode()[:-1], manifest.digest)


def test_a_difference_names_what_was_added_removed_and_changed() -> None:
    old = make_manifest({"kept": Entry("f", 1, A), "gone": Entry("f", 1, A), "edited": Entry("f", 1, A)})
    new = make_manifest({"kept": Entry("f", 1, A), "new": Entry("f", 1, A), "edited": Entry("f", 1, B)})

    change = diff(old, new)

    assert (change.added, change.removed, change.changed) == (("new",), ("gone",), ("edited",))
    assert (change.names, change.total) == (("edited", "gone", "new"), 3)
    assert not diff(old, old)


def test_names_are_shown_without_what_would_move_the_cursor() -> None:
    assert shown("a\nb\x1b[0m\u202egpj.exe\udcff") == "a\\nb\\x1b[0m\\u202egpj.exe\\udcff"
