"""What a running attempt takes of the machine, and what graphics cards tell."""

import os
from pathlib import Path

import pytest

from core.computes.usage import UsageMeter, graphics_cards
from core.layout import AttemptFolder

FAKE = """#!/bin/sh
case "$1" in
  *compute-apps*) printf '%s, GPU-b, 512\\n4194304, GPU-b, 100\\n' "$OWN_PID" ;;
  *) printf '0, GPU-a, [N/A], 10, 24576\\n1, GPU-b, 87, 1024, 24576\\n' ;;
esac
"""


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two graphics cards; on the second this process has half a gigabyte."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(FAKE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("OWN_PID", str(os.getpid()))


def test_an_attempt_that_never_started_uses_nothing(tmp_path: Path) -> None:
    assert UsageMeter(AttemptFolder(tmp_path)).look() is None


@pytest.mark.usefixtures("cards")
def test_graphics_cards_tell_how_busy_they_are_and_what_the_step_has_of_them() -> None:
    first, second = graphics_cards([os.getpid()])

    assert (first.busy, first.used, first.own) == (0, 10 << 20, 0)
    assert (second.index, second.busy, second.used, second.total, second.own) == (1, 87, 1 << 30, 24 << 30, 512 << 20)


def test_a_machine_without_nvidia_smi_has_no_cards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert graphics_cards() == ()
