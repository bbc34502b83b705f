"""Finding metrics in a JSON object that nobody declared to be one."""

from collections.abc import Iterator, Mapping

_DEPTH = 8
_STEPS = ("step", "epoch")


def number(value: object) -> float | None:
    """A JSON value as a metric's value; None for truth values, text and integers too large for a float."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def numbers_in(value: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Each number by its path, `{"val": {"loss": 1}}` as `val.loss`; lists hold none."""
    for key, entry in value.items():
        found = number(entry)
        if found is not None:
            yield f"{prefix}{key}", found
        elif isinstance(entry, dict) and prefix.count(".") < _DEPTH:
            yield from numbers_in(entry, f"{prefix}{key}.")


def milliseconds(value: object) -> int | None:
    """A `timestamp` member, in seconds or milliseconds since the epoch, as milliseconds; None when it is neither."""
    time = number(value)
    if time is None or not 0 < time < 1e14:
        return None
    return int(time * 1000) if time < 1e11 else int(time)


def step_in(value: Mapping[str, object]) -> tuple[str, int] | None:
    """Which member counts the steps, and its value; None when there is none or it counts no whole steps."""
    for name in _STEPS:
        step = number(value.get(name))
        if step is not None and abs(step) < 1 << 63 and step.is_integer():
            return name, int(step)
    return None
