"""Compute targets in words."""

from tui.wording.computes import brief_reason


def test_many_hosts_that_were_passed_over_are_counted() -> None:
    assert brief_reason("", ()) == ""
    assert brief_reason("the first with room", ["a is full"]) == "the first with room; a is full"
    assert brief_reason("its data lies there", ["a; b", "c is paused"]) == "its data lies there; 2 others passed over"
