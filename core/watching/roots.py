"""What a pipeline's graph depends on, on disk."""

from dataclasses import dataclass

from core.planning.graph import DataInput, Graph


@dataclass(frozen=True, slots=True)
class Roots:
    """Absolute paths, present or not: single `files`, folders of `code` (read by their ignore file), and `data`.

    What environments are `built` from comes with the Dockerfile of a build context, "" for a local package. In folders
    of `definitions` only YAML counts, where `discover` would look for it; of `listed` folders the names of definitions
    in them. Folders on the way to the paths may be other ones later when they lie below `top`.
    """

    files: frozenset[str] = frozenset()
    code: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()
    definitions: frozenset[str] = frozenset()
    top: str = ""
    listed: frozenset[str] = frozenset()
    built: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "Roots") -> "Roots":
        return Roots(
            self.files | other.files,
            self.code | other.code,
            self.data | other.data,
            self.definitions | other.definitions,
            self.top or other.top,
            self.listed | other.listed,
            self.built | other.built,
        )


def roots_of(graph: Graph) -> Roots:
    """The files that a graph was read from, and the code and data of its steps.

    A path may be a file or a folder, whatever lies there: code and data are watched as what they are found to be.
    """
    code = {path for step in graph.steps.values() for path in (step.code, *step.code_includes) if path}
    data = {
        binding.path
        for step in graph.steps.values()
        for binding in step.inputs.values()
        if isinstance(binding, DataInput) and binding.path and not binding.digest
    }
    built = {(each.path, each.dockerfile) for step in graph.steps.values() for each in step.environment.built_from}
    listed = frozenset(graph.looked_in)
    return Roots(graph.made_from() - listed, frozenset(code), frozenset(data), listed=listed, built=frozenset(built))
