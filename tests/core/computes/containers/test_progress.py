"""What is said of a transfer, and where."""

from core.computes.containers.progress import Progress


def test_everything_is_shown_and_little_of_it_noted() -> None:
    shown: list[str] = []
    noted: list[str] = []
    progress = Progress(shown.append, noted.append)

    for count in range(5):
        progress.hear(f"sent {count}")
    progress.end()
    progress.end()

    assert shown == [*(f"sent {count}" for count in range(5)), ""]
    assert noted[0] == "sent 0"
    assert noted[-1] == "sent 4"
    assert len(noted) == len(set(noted))


def test_without_a_transfer_nothing_is_said() -> None:
    said: list[str] = []
    Progress(said.append, said.append).end()
    assert said == []
