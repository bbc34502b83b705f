"""The name of a run, and texts that hold it."""

from core.planning.graph import Graph

_NAME = "${{name}}"


def run_name(graph: Graph, run: int) -> str:
    """What `${{name}}` stands for: the run's own name, unlike any other's in the workspace."""
    return f"{graph.name}-{run:04d}"


def with_run_name(text: str, graph: Graph, run: int) -> str:
    """A text with the run's name where `${{name}}` stands."""
    return text.replace(_NAME, run_name(graph, run)) if _NAME in text else text
