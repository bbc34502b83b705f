"""What an engine's readings say of a container."""

from core.computes.containers.gauge import Used, used


def reading(cpu: int, usage: int, cached: int = 0) -> dict[str, object]:
    return {
        "cpu_stats": {"cpu_usage": {"total_usage": cpu}},
        "memory_stats": {"usage": usage, "stats": {"inactive_file": cached}},
        "pids_stats": {"current": 3},
    }


def test_two_readings_tell_the_cores_between_them_and_the_most_memory() -> None:
    first = used(reading(1_000_000_000, 900, 100), Used(), 0)
    assert first == Used(1.0, 0.0, 800, 800, 3)
    assert used(reading(6_000_000_000, 500), first, 2.0) == Used(6.0, 2.5, 500, 800, 3)


def test_a_reading_without_figures_is_nothing() -> None:
    assert used({}, Used(2.0, 0.0, 5, 7), 5.0) == Used(2.0, 0.0, 0, 7, 0)
