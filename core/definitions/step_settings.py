"""What a component or step asks of its machine: `resources`, `distribution`, `limits`."""

import shlex

from core.definitions import keys
from core.definitions.components import ResourcesDefinition
from core.definitions.loading import Loading
from core.definitions.sections import Section
from core.definitions.workspace_reader import parse_size
from core.definitions.yaml_nodes import Scalar
from core.errors import DefinitionError, Location


def read_resources(section: Section, loading: Loading) -> ResourcesDefinition:
    """`resources:`; counts of processors and memory are taken from `docker_args`, the only place Azure ML has."""
    node = section.mapping("resources")
    if node is None:
        return ResourcesDefinition()
    resources = Section(node, f"resources of {section.what}", loading.notices, known=keys.RESOURCES)
    words, asked = _docker_arguments(resources)
    return ResourcesDefinition(
        instance_count=_count(resources, "instance_count"),
        cpus=_number(asked.get("cpus")),
        memory=_size(asked.get("memory") or asked.get("m")),
        gpus=_gpus(asked.get("gpus")),
        shm_size=resources.text("shm_size") or (asked["shm-size"].text if "shm-size" in asked else ""),
        docker_args=words,
    )


def _count(section: Section, key: str) -> int:
    """A whole number; an expression counts as no statement, since it is only known inside the pipeline."""
    scalar = section.scalar(key, "a whole number")
    return 0 if scalar is not None and "${{" in scalar.text else section.whole(key, least=1 if scalar else 0)


def read_timeout(section: Section, loading: Loading) -> float:
    """`limits.timeout` in seconds, 0 for none."""
    node = section.mapping("limits")
    if node is None:
        return 0
    limits = Section(node, f"limits of {section.what}", loading.notices, known=keys.LIMITS)
    scalar = limits.scalar("timeout", "seconds")
    if scalar is not None and "${{" in scalar.text:
        loading.notice(f"timeout of {section.what} is an expression, so it is not applied", scalar.location)
        return 0
    return limits.whole("timeout", least=1 if scalar else 0)


def read_distribution(section: Section, loading: Loading) -> dict[str, str]:
    """`distribution:` as texts, its type in lower case."""
    node = section.mapping("distribution")
    if node is None:
        return {}
    what = f"distribution of {section.what}"
    every = frozenset().union(*keys.DISTRIBUTIONS.values())
    kind = Section(node, what, [], known=every | node.entries.keys()).one_of("type", frozenset(keys.DISTRIBUTIONS))
    if not kind:
        raise DefinitionError(f"{what} has no type", location=node.location, hint="pytorch, tensorflow or mpi")
    distribution = Section(node, what, loading.notices, known=keys.DISTRIBUTIONS[kind])
    found = {"type": kind}
    for key in node.entries:
        if key != "type" and distribution.node(key) is not None:
            is_count = key.endswith("_count") or key.endswith("per_instance")
            is_known = "${{" not in distribution.text(key)
            found[key] = str(distribution.whole(key)) if is_count and is_known else distribution.text(key)
    return found


def _docker_arguments(section: Section) -> tuple[tuple[str, ...], dict[str, Scalar]]:
    """'--cpus=2 -m 4g' -> its words, and {"cpus": 2, "m": 4g}, each where it is written."""
    every: list[str] = []
    found: dict[str, Scalar] = {}
    for scalar in section.list("docker_args"):
        try:
            words = shlex.split(scalar.text)
        except ValueError:
            raise DefinitionError("docker_args have an open quote", location=scalar.location) from None
        every.extend(words)
        for i, word in enumerate(words):
            name, equals, value = word.lstrip("-").partition("=")
            if word.startswith("-"):
                text = value if equals else words[i + 1] if i + 1 < len(words) else ""
                found[name] = Scalar(scalar.location, text, text, True)
    return tuple(every), found


def _number(scalar: Scalar | None) -> float:
    try:
        return float(scalar.text) if scalar else 0
    except ValueError:
        raise _no_number(scalar.text if scalar else "", scalar.location if scalar else None) from None


def _no_number(text: str, where: Location | None) -> DefinitionError:
    return DefinitionError(f"--cpus in docker_args must be a number, not '{text}'", location=where)


def _size(scalar: Scalar | None) -> int:
    return parse_size(scalar.text, scalar.location) if scalar else 0


def _gpus(scalar: Scalar | None) -> int:
    """How many; `all` counts as one, for nobody knows here how many those are."""
    if scalar is None:
        return 0
    devices = scalar.text.strip('"')
    if devices.startswith("device="):
        return devices.count(",") + 1
    return int(scalar.text) if scalar.text.isdecimal() else 1
