"""Where the boxes of a graph go: ranks from left to right, few crossings, long edges straight; pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 8
_BOX_HEIGHT = 3
_DUMMY_WEIGHT = 4.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a rank: a box, or a bend of the chain that carries `owner`'s long edges through it."""

    owner: str
    rank: int
    is_box: bool


@dataclass(frozen=True, slots=True)
class Net:
    """The edges that leave one spot into the next rank; `sinks` are the boxes among the targets."""

    source: Spot
    targets: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Ranks of spots in drawing order, the row of each spot's middle, and the nets between ranks."""

    ranks: tuple[tuple[Spot, ...], ...]
    rows: Mapping[Spot, int]
    nets: tuple[tuple[Net, ...], ...]
    height: int

    def box(self, name: str) -> Spot:
        """The spot of the box `name`; KeyError when the graph has none."""
        for rank in self.ranks:
            for spot in rank:
                if spot.is_box and spot.owner == name:
                    return spot
        raise KeyError(name)


def lay_out(producers: Mapping[str, Sequence[str]]) -> Layout:
    """The layout of a graph given as step -> the steps it takes from, producers first."""
    rank_of = _ranks(producers)
    consumers = _consumers(producers)
    spots = _spots(rank_of, producers, consumers)
    nets = _nets(spots, rank_of, consumers)
    ordered = _order(spots, nets)
    rows = _rows(ordered, nets)
    height = 1 + max((row + (1 if spot.is_box else 0) for spot, row in rows.items()), default=-1)
    by_rank: list[list[Net]] = [[] for _ in ordered]
    for net in nets:
        by_rank[net.source.rank].append(net)
    return Layout(
        tuple(tuple(rank) for rank in ordered),
        rows,
        tuple(tuple(sorted(found, key=lambda net: rows[net.source])) for found in by_rank),
        height,
    )


def _ranks(producers: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Longest path from a source; a source itself stands just before its first consumer."""
    rank_of: dict[str, int] = {}
    for name, taken in producers.items():
        rank_of[name] = 1 + max((rank_of[producer] for producer in taken), default=-1)
    for name, users in _consumers(producers).items():
        if users and not producers[name]:
            rank_of[name] = min(rank_of[user] for user in users) - 1
    return rank_of


def _consumers(producers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {name: [] for name in producers}
    for name, taken in producers.items():
        for producer in dict.fromkeys(taken):
            made[producer].append(name)
    return made


def _spots(
    rank_of: Mapping[str, int], producers: Mapping[str, Sequence[str]], consumers: Mapping[str, Sequence[str]]
) -> list[list[Spot]]:
    """Every spot by rank, walking depth first from the sources so that what belongs together starts together."""
    ranks: list[list[Spot]] = [[] for _ in range(1 + max(rank_of.values(), default=-1))]
    seen: set[str] = set()
    pending = [name for name, taken in producers.items() if not taken][::-1]
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        first = rank_of[name]
        ranks[first].append(Spot(name, first, is_box=True))
        last = max((rank_of[user] for user in consumers[name]), default=first)
        for rank in range(first + 1, last):
            ranks[rank].append(Spot(name, rank, is_box=False))
        pending.extend(reversed(consumers[name]))
    return ranks


def _nets(
    ranks: Sequence[Sequence[Spot]], rank_of: Mapping[str, int], consumers: Mapping[str, Sequence[str]]
) -> list[Net]:
    """One net a spot: to the boxes of the next rank that take from its owner, and on along the chain."""
    box = {spot.owner: spot for rank in ranks for spot in rank if spot.is_box}
    chain = {(spot.owner, spot.rank): spot for rank in ranks for spot in rank if not spot.is_box}
    nets: list[Net] = []
    for rank in ranks:
        for spot in rank:
            targets = [box[user] for user in consumers[spot.owner] if rank_of[user] == spot.rank + 1]
            onward = chain.get((spot.owner, spot.rank + 1))
            if onward is not None:
                targets.append(onward)
            if targets:
                nets.append(Net(spot, tuple(targets)))
    return nets


_Neighbours = dict[Spot, list[Spot]]


def _neighbours(nets: Sequence[Net]) -> tuple[_Neighbours, _Neighbours]:
    before: _Neighbours = {}
    after: _Neighbours = {}
    for net in nets:
        after[net.source] = list(net.targets)
        for target in net.targets:
            before.setdefault(target, []).append(net.source)
    return before, after


def _order(spots: Sequence[Sequence[Spot]], nets: Sequence[Net]) -> list[list[Spot]]:
    """The spots of each rank in an order with few crossings: barycentre sweeps, the best order seen is kept."""
    before, after = _neighbours(nets)
    ranks = [list(rank) for rank in spots]
    best, fewest = [list(rank) for rank in ranks], _crossings(ranks, nets)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 0
        near = before if forward else after
        for rank in ranks[1:] if forward else ranks[-2::-1]:
            _sort_by_barycentre(rank, near, ranks[rank[0].rank + (-1 if forward else 1)])
        found = _crossings(ranks, nets)
        if found < fewest:
            best, fewest = [list(rank) for rank in ranks], found
    return best


def _sort_by_barycentre(rank: list[Spot], near: _Neighbours, fixed: Sequence[Spot]) -> None:
    at = {spot: index for index, spot in enumerate(fixed)}
    scale = len(fixed) / max(1, len(rank))
    keys: dict[Spot, float] = {}
    for index, spot in enumerate(rank):
        found = near.get(spot)
        keys[spot] = sum(at[other] for other in found) / len(found) if found else index * scale
    rank.sort(key=keys.__getitem__)


def _crossings(ranks: Sequence[Sequence[Spot]], nets: Sequence[Net]) -> int:
    """How many pairs of edges between neighbouring ranks cross, counted with a Fenwick tree."""
    place = {spot: index for rank in ranks for index, spot in enumerate(rank)}
    by_rank: list[list[tuple[int, int]]] = [[] for _ in ranks]
    for net in nets:
        by_rank[net.source.rank].extend((place[net.source], place[target]) for target in net.targets)
    return sum(_inversions(sorted(edges)) for edges in by_rank)


def _inversions(edges: Sequence[tuple[int, int]]) -> int:
    size = 2 + max((end for _, end in edges), default=0)
    tree = [0] * (size + 1)
    total = 0
    for seen, (_, end) in enumerate(edges):
        index, at_most = end + 1, 0
        while index:
            at_most += tree[index]
            index &= index - 1
        total += seen - at_most
        index = end + 1
        while index <= size:
            tree[index] += 1
            index += index & -index
    return total


def _rows(ranks: Sequence[Sequence[Spot]], nets: Sequence[Net]) -> dict[Spot, int]:
    """A row for each spot: pulled to the middle of its neighbours, never nearer to the next than their heights."""
    before, after = _neighbours(nets)
    rows: dict[Spot, float] = {}
    for rank in ranks:
        rows.update(zip(rank, _spread(rank, [0.0] * len(rank)), strict=True))
    for near in (before, after, before, after, before):
        for rank in ranks if near is before else ranks[::-1]:
            wanted = [_median([rows[other] for other in near.get(spot, ())], rows[spot]) for spot in rank]
            rows.update(zip(rank, _spread(rank, wanted), strict=True))
    return _whole(ranks, rows)


def _median(values: list[float], otherwise: float) -> float:
    if not values:
        return otherwise
    values.sort()
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def _gap(upper: Spot, lower: Spot) -> int:
    """Rows between the middles of two spots that stand above each other."""
    return (_BOX_HEIGHT // 2 if upper.is_box else 0) + (_BOX_HEIGHT // 2 if lower.is_box else 0) + 1


def _spread(rank: Sequence[Spot], wanted: Sequence[float]) -> list[float]:
    """The rows nearest to `wanted` that keep order and distance: isotonic regression by pooling neighbours."""
    offsets = [0]
    for upper, lower in pairwise(rank):
        offsets.append(offsets[-1] + _gap(upper, lower))
    pools: list[tuple[float, float, int]] = []
    for index, spot in enumerate(rank):
        weight = 1.0 if spot.is_box else _DUMMY_WEIGHT
        total, members = (wanted[index] - offsets[index]) * weight, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / weight:
            more_total, more_weight, more_members = pools.pop()
            total, weight, members = total + more_total, weight + more_weight, members + more_members
        pools.append((total, weight, members))
    level = [total / weight for total, weight, members in pools for _ in range(members)]
    return [value + offset for value, offset in zip(level, offsets, strict=True)]


def _whole(ranks: Sequence[Sequence[Spot]], rows: Mapping[Spot, float]) -> dict[Spot, int]:
    """Rows as integers from 0, with the distances that rounding may have taken put back."""
    top = min((rows[spot] - (1 if spot.is_box else 0) for rank in ranks for spot in rank), default=0.0)
    made: dict[Spot, int] = {}
    for rank in ranks:
        previous: Spot | None = None
        for spot in rank:
            row = int(rows[spot] - top + 0.5)
            if previous is not None:
                row = max(row, made[previous] + _gap(previous, spot))
            made[spot] = row
            previous = spot
    return made
