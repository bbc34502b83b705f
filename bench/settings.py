"""How much of everything is measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes and repetitions; `limits` is the most steps a tool is given, `data_*` is hashed, `sent_*` is sent.

    `crowd` is how many steps run at once on a host.
    """

    sizes: tuple[int, ...]
    repeats: int
    cold_repeats: int
    data_bytes: int
    data_files: int
    sent_bytes: int
    sent_files: int
    graphs: tuple[int, int]
    crowd: int
    limits: Mapping[str, int] = field(default_factory=dict)


QUICK = Settings(
    sizes=(10, 100),
    repeats=5,
    cold_repeats=2,
    data_bytes=256 << 20,
    data_files=2_000,
    sent_bytes=256 << 20,
    sent_files=2_000,
    graphs=(1_000, 10_000),
    crowd=10,
    limits={"dvc": 10},
)
FULL = Settings(
    sizes=(10, 100, 1000),
    repeats=7,
    cold_repeats=3,
    data_bytes=2 << 30,
    data_files=20_000,
    sent_bytes=1 << 30,
    sent_files=10_000,
    graphs=(10_000, 100_000),
    crowd=50,
    limits={"dvc": 100},
)
