"""How an attempt ended, in words for people."""

import pytest

from core.computes.protocol import Ending, Outcome


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(Ending.EXITED, exit_code=0), "exit code 0"),
        (Outcome(Ending.EXITED, exit_code=1), "exit code 1"),
        (Outcome(Ending.EXITED, exit_code=126), "exit code 126 (command not executable)"),
        (Outcome(Ending.EXITED, signal=9, oom_kills=1), "killed by SIGKILL: out of memory"),
        (Outcome(Ending.EXITED, signal=9, oom_kills=0), "killed by SIGKILL"),
        (Outcome(Ending.EXITED, signal=9), "killed by SIGKILL, perhaps out of memory"),
        (
            Outcome(Ending.EXITED, signal=9, oom_kills=1, memory_limit=3 * 2**29),
            "killed by SIGKILL: out of memory, its docker_args say --memory 1536m",
        ),
        (Outcome(Ending.EXITED, exit_code=137, oom_kills=1), "exit code 137 (killed by SIGKILL: out of memory)"),
        (
            Outcome(Ending.EXITED, exit_code=1, oom_kills=2),
            "exit code 1, the kernel ended a process for lack of memory meanwhile",
        ),
        (Outcome(Ending.TIMED_OUT, timeout_s=30.0), "timed out after 30 s"),
        (Outcome(Ending.CANCELLED, survivors=2), "cancelled, 2 processes could not be ended"),
        (Outcome(Ending.NOT_STARTED, error="command not found: x"), "cannot start: command not found: x"),
        (Outcome(Ending.LOST), "lost"),
    ],
)
def test_words(outcome: Outcome, words: str) -> None:
    assert str(outcome) == words


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Ending.EXITED, exit_code=1),
        Outcome(Ending.CANCELLED, exit_code=0),
        Outcome(Ending.TIMED_OUT, exit_code=0),
        Outcome(Ending.EXITED, exit_code=0, disk_full=True),
        Outcome(Ending.LOST),
    ],
)
def test_only_a_clean_end_is_a_success(outcome: Outcome) -> None:
    assert not outcome.succeeded
