"""Compute targets and their hosts in words, for the command line and the workbench; pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.wording.units import count, size

if TYPE_CHECKING:
    from core.definitions.compute_target import ComputeTarget
    from core.hosts.facts import HostFacts
    from core.workspace.computes import ComputeFacts

Pairs = list[tuple[str, str]]
_FEW = 3
#: So many places of one step are named.
_MOST_PLACES = 4


def limits(target: "ComputeTarget") -> str:
    """What runs may take of it, in few words."""
    parts = [
        (f"{target.cpus:g} core" + ("" if target.cpus == 1 else "s")) if target.cpus else "",
        size(target.memory) if target.memory else "",
        count(target.gpus, "card") if target.gpus else "",
        count(target.concurrency, "step") if target.concurrency else "",
    ]
    return ", ".join(filter(None, parts)) or "all of it"


def place_words(computes: Sequence[str]) -> str:
    """Where a step is to run: "on far", or "on box|far" where each will do; "" for a process of this machine."""
    named = computes[:_MOST_PLACES]
    more = f" and {len(computes) - _MOST_PLACES} more" if len(computes) > _MOST_PLACES else ""
    return f"on {'|'.join(named)}{more}" if named else ""


def target_lines(target: "ComputeTarget") -> Pairs:
    """What its file says, by label."""
    lines = [("name", target.name), ("host", target.host), ("takes", limits(target))]
    if target.description:
        lines.append(("", target.description))
    if target.location:
        lines.append(("file", target.location.file))
    return lines


def facts_lines(found: "ComputeFacts") -> Pairs:
    """What its host is and has, by label; nothing for a host that did not answer."""
    facts = found.facts
    if facts is None:
        return []
    lines = _machine(facts)
    lines += [("steps", f"{facts.running} running"), ("images", _images(found)), ("data", _cache(found))]
    return lines + [("warning", line) for line in facts.warnings]


def _machine(facts: "HostFacts") -> Pairs:
    disk = f"{size(facts.free)} of {size(facts.total)} free" if facts.free >= 0 else "not told"
    cards = ", ".join(facts.gpus) or ("number not told" if facts.gives_gpus else "none")
    restore = "steps outlive the engine's restart" if facts.live_restore else "steps end with the engine"
    return [
        ("engine", f"Docker {facts.version}, API {facts.api_version}, {facts.architecture}; {restore}"),
        ("system", facts.system),
        ("answers", f"within {facts.latency_s * 1000:.1f} ms"),
        ("cores", str(facts.cpus)),
        ("memory", size(facts.memory)),
        ("cards", cards),
        ("disk", f"{disk} ({facts.root})"),
    ]


def _images(found: "ComputeFacts") -> str:
    if not found.images:
        return "none of an environment yet"
    names = ", ".join(image.environment or image.reference for image in found.images[:_FEW])
    more = f" and {len(found.images) - _FEW} more" if len(found.images) > _FEW else ""
    return f"{count(len(found.images), 'environment')}, {_sum([each.size for each in found.images])}: {names}{more}"


def _sum(sizes: Sequence[int]) -> str:
    return size(sum(sizes))


def _cache(found: "ComputeFacts") -> str:
    if found.target.shares_files:
        return "where it lies: the host shares this machine's files"
    cache = found.cache
    if cache is None:
        return "nothing sent yet"
    kept = f", {size(cache.kept)} of it results that are nowhere else" if cache.kept else ""
    at_work = f"; {count(cache.attempts, 'attempt')} at work" if cache.attempts else ""
    limit = f"; mlpw gc shrinks it to {size(found.target.cache_limit)}"
    return f"{count(cache.objects, 'object')}, {size(cache.size)}{kept}{at_work}{limit}"


def brief_reason(why: str, passed_over: Sequence[str]) -> str:
    """Why a step has its place, in one line: of several places that were passed over their number alone."""
    return f"{why}; {len(passed_over)} others passed over" if len(passed_over) > 1 else "; ".join([why, *passed_over])
