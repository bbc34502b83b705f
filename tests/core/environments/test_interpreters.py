from pathlib import Path

import pytest

from core.environments.interpreters import Interpreter, by_nearness, find_interpreters, own_interpreter, satisfies


def pythons(*minors: int) -> list[Interpreter]:
    return [Interpreter(Path(f"/python3.{minor}"), (3, minor, 7)) for minor in minors]


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ("3.8", "3.8 3.9 3.7 3.10 3.12"),
        ("3.8.12", "3.8 3.9 3.7 3.10 3.12"),
        ("3.11", "3.12 3.10 3.9 3.8 3.7"),
        ("3.6", "3.7 3.8 3.9 3.10 3.12"),
        (">=3.7,<3.9", "3.8 3.7 3.9 3.10 3.12"),
        (">=3.12", "3.12 3.10 3.9 3.8 3.7"),
        ("", "3.10 3.9 3.12 3.8 3.7"),
    ],
)
def test_the_nearest_python_comes_first(asked: str, order: str) -> None:
    assert [each.minor for each in by_nearness(asked, pythons(7, 8, 9, 10, 12), "3.10")] == order.split()


@pytest.mark.parametrize(
    ("version", "request_", "answer"),
    [
        ((3, 8, 18), "3.8.12", True),
        ((3, 8, 18), "3", True),
        ((3, 9, 1), "3.8", False),
        ((3, 9, 1), ">=3.8,<3.10", True),
        ((3, 10, 0), "<3.10", False),
        ((3, 9, 4), "~=3.8", True),
        ((3, 9, 4), "~=3.9.5", False),
        ((3, 9, 4), "!=3.9", False),
        ((3, 9, 4), "", True),
    ],
)
def test_what_satisfies_a_request(version: tuple[int, int, int], request_: str, answer: bool) -> None:
    assert satisfies(version, request_) is answer


def test_this_machines_pythons_start_and_are_no_virtual_environments() -> None:
    found = find_interpreters()
    assert own_interpreter().minor in {each.minor for each in found}
    assert len({each.minor for each in found}) == len(found)
    assert not any((each.path.parent.parent / "pyvenv.cfg").exists() for each in found)
