"""Reading mlpw.yml."""

from pathlib import Path

from core.definitions import keys
from core.definitions.sections import Section, require_mapping
from core.definitions.workspace_file import CODE_TRACKING, FILE_NAME, WorkspaceFile
from core.definitions.yaml_nodes import Scalar
from core.definitions.yaml_reader import read_yaml
from core.errors import DefinitionError, Location, Notice, did_you_mean

_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def read_workspace_file(root: Path) -> WorkspaceFile:
    """The `mlpw.yml` at `root`, or the defaults when there is none.

    Raises DefinitionError for unknown keys and wrong types.
    """
    path = root / FILE_NAME
    plain = _without_yaml(path)
    if plain is not None:
        return plain
    node = read_yaml(path, shown=FILE_NAME)
    notices: list[Notice] = []
    section = Section(require_mapping(node, FILE_NAME), FILE_NAME, notices, known=keys.WORKSPACE_FILE)
    local_node = section.mapping("local")
    local = Section(local_node, f"'local' of {FILE_NAME}", notices, known=keys.WORKSPACE_LOCAL) if local_node else None
    return WorkspaceFile(
        name=section.text("name"),
        compute=_computes(section),
        compute_places={name: entry.value.location for name, entry in section.items("compute")},
        environments=_words(section, "environments"),
        components=_words(section, "components"),
        datastores=_words(section, "datastores"),
        data=_words(section, "data"),
        data_outside=tuple(scalar.text for scalar in section.list("data_outside")),
        cpus=local.above_zero("cpus") if local else 0,
        memory=_memory(local) if local else 0,
        code_tracking=_code_tracking(section),
        is_written=True,
    )


def _without_yaml(path: Path) -> WorkspaceFile | None:
    """The defaults, where there is no file or one without a document; None where there is one to read."""
    if not path.exists() and not path.is_symlink():
        return WorkspaceFile()
    try:
        return WorkspaceFile(is_written=True) if _is_blank(path) else None
    except FileNotFoundError:  # it went this very moment, as when git switches branches
        return WorkspaceFile()


def _is_blank(path: Path) -> bool:
    """A file of comments alone is no YAML document, but a fine place to start."""
    if not path.is_file() or path.stat().st_size > 10_000:
        return False
    return all(not line.strip() or line.lstrip().startswith(b"#") for line in path.read_bytes().splitlines())


def parse_size(text: str, location: Location | None = None) -> int:
    """'512m', '2g', '1.5 GiB' -> bytes, as Docker writes sizes.

    Raises DefinitionError when it is no size.
    """
    word = text.strip().lower().removesuffix("ib").removesuffix("b") or text
    unit = word[-1:] if word[-1:] in _UNITS else ""
    try:
        size = float(word.removesuffix(unit) if unit else word)
    except ValueError:
        size = -1
    if not 0 < size < 2**40:
        raise DefinitionError(f"'{text}' is no size", location=location, hint="write it as 512m, 2g or 16g")
    return int(size * _UNITS[unit])


def _computes(section: Section) -> dict[str, str]:
    """What names of compute stand for: a target, or several with commas between them."""
    node = section.mapping("compute")
    if node is None:
        return {}
    inside = Section(node, f"'compute' of {FILE_NAME}", section.notices, known=frozenset(node.entries))
    return {name: ", ".join(scalar.text for scalar in inside.list(name)) for name in node.entries}


def _words(section: Section, key: str) -> dict[str, str]:
    return {name: scalar.text for name, scalar in section.texts(key).items()}


def _code_tracking(section: Section) -> dict[str, str]:
    """One word for all steps, or one for each name or pattern."""
    node = section.node("code_tracking")
    if isinstance(node, Scalar):
        return {"*": tracking_word(node)}
    return {name: tracking_word(scalar) for name, scalar in section.texts("code_tracking").items()}


def tracking_word(scalar: Scalar) -> str:
    """What of its code counts for a step: `opened` or `folder`.

    Raises DefinitionError for anything else.
    """
    if scalar.text not in CODE_TRACKING:
        hint = did_you_mean(scalar.text, CODE_TRACKING) or "opened: the files that a step opens; folder: all of them"
        raise DefinitionError(f"code_tracking cannot be '{scalar.text}'", location=scalar.location, hint=hint)
    return scalar.text


def _memory(local: Section) -> int:
    scalar = local.scalar("memory", "a size")
    return 0 if scalar is None else parse_size(scalar.text, scalar.location)
