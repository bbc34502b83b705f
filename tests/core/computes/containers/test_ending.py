"""What an engine's word on a container means."""

from typing import Any

from core.computes.containers.ending import ended, is_fresh, is_over, refusal

BEGUN, OVER = "2026-11-21T18:00:00.000000000Z", "2026-11-21T18:01:00.500000000Z"
BEFORE, SOON_AFTER, LATER = "2026-11-21T17:00:00Z", "2026-11-21T18:01:01Z", "2026-11-21T19:00:00Z"


def state(code: int = 0, **more: Any) -> dict[str, Any]:
    known = {"Status": "exited", "ExitCode": code, "Error": "", "OOMKilled": False, "StartedAt": BEGUN}
    return {**known, "FinishedAt": OVER, **more}


def status(code: int, engine_started: str = BEFORE, *, asked: bool = False, **more: Any) -> object:
    return ended(state(code, **more), asked=asked, engine_started=engine_started, host="h")["status"]


def test_an_exit_is_the_steps() -> None:
    found = ended(state(3), asked=False, engine_started=BEFORE, host="h")
    assert (found["status"], found["exit_code"], found["oom_kills"], found["duration_s"]) == ("exited", 3, 0, 60.5)


def test_what_a_restarted_engine_ended_is_lost() -> None:
    for code in (143, 137, 255):
        assert status(code, SOON_AFTER) == "lost"
        assert status(code, LATER) == "lost", "an engine may be away for an hour between its end and its start"
        assert status(code, BEFORE) == "exited", "the engine did not change: somebody killed the step"
        assert status(code, "") == "exited"


def test_what_a_restarted_engine_did_not_end_is_the_steps() -> None:
    assert status(1, SOON_AFTER) == "exited"
    assert status(0, LATER) == "exited"
    assert status(137, SOON_AFTER, asked=True) == "exited"
    assert status(137, SOON_AFTER, OOMKilled=True) == "exited"
    lived_on = "2026-11-21T18:00:30Z"
    assert status(137, lived_on) == "exited", "it lived on for half a minute below the new engine"


def test_out_of_memory_is_counted() -> None:
    assert ended(state(137, OOMKilled=True), asked=False, engine_started=BEFORE, host="h")["oom_kills"] == 1


def test_a_container_that_never_ran_says_why() -> None:
    error = (
        "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process:"
        ' exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown'
    )
    never = state(127, Status="created", Error=error, StartedAt="0001-01-01T00:00:00Z")
    assert is_over(never)
    assert not is_fresh(never)
    found = ended(never, asked=False, engine_started="", host="h")
    assert found["status"] == "not_started"
    assert found["error"] == (
        'exec: "/bin/sh": stat /bin/sh: no such file or directory;'
        " a step's command runs in sh, which the image must have"
    )
    assert refusal("something else") == "something else"
    assert refusal("No space left on device: /cas").endswith(
        "; free some space on the host: mlpw gc, docker system prune"
    )
