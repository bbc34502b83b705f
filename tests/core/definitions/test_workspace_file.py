"""mlpw.yml: what is optional, what is a mistake."""

from pathlib import Path

import pytest

from core.definitions.workspace_file import WorkspaceFile, match
from core.definitions.workspace_reader import parse_size, read_workspace_file
from core.errors import DefinitionError


def test_without_a_file_defaults_apply(tmp_path: Path) -> None:
    assert read_workspace_file(tmp_path) == WorkspaceFile()


def test_every_section(tmp_path: Path) -> None:
    (tmp_path / "mlpw.yml").write_text("""
name: taxi
compute: {cpu-cluster: local}
environments: {'azureml:a@latest': a.yml}
components: {'azureml:c:1': c.yml}
datastores: {blob: ./blob}
data: {'https://x.org/*': ./x}
data_outside: [/mnt/data]
local: {cpus: 2, memory: 8g}
""")
    assert read_workspace_file(tmp_path) == WorkspaceFile(
        name="taxi",
        compute={"cpu-cluster": "local"},
        environments={"azureml:a@latest": "a.yml"},
        components={"azureml:c:1": "c.yml"},
        datastores={"blob": "./blob"},
        data={"https://x.org/*": "./x"},
        data_outside=("/mnt/data",),
        cpus=2,
        memory=8 * 2**30,
        is_written=True,
    )


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "mlpw.yml").write_text("# nothing yet\n")
    assert read_workspace_file(tmp_path).is_written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("computes: {}\n", "mlpw.yml:1:1: unknown key 'computes' in mlpw.yml; did you mean 'compute'?"),
        ("compute: local\n", "must be a mapping"),
        ("compute: {a: {b: c}}\n", "must be a list of texts"),
        ("local: {memory: lots}\n", "is no size"),
        ("local: {cpus: 0}\n", "above 0"),
        ("local: {cpu: 1}\n", "did you mean 'cpus'?"),
        ("- a\n", "must be a mapping"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mlpw.yml").write_text(text)
    with pytest.raises(DefinitionError) as raised:
        read_workspace_file(tmp_path)
    assert message in str(raised.value)


def test_an_exact_name_wins_over_a_pattern() -> None:
    mapping = {"azureml:a*": "pattern", "azureml:ab": "exact"}
    assert match(mapping, "azureml:ab") == "exact"
    assert match(mapping, "azureml:ac") == "pattern"
    assert match(mapping, "other") is None


def test_brackets_in_a_plain_name_are_no_pattern_for_itself() -> None:
    assert match({"data[1].csv": "x"}, "data[1].csv") == "x"


@pytest.mark.parametrize(
    ("text", "size"), [("512m", 512 * 2**20), ("2g", 2**31), ("1.5GiB", 3 * 2**29), ("100", 100), ("64kb", 2**16)]
)
def test_sizes_as_docker_writes_them(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_a_name_of_compute_may_stand_for_several_targets(tmp_path: Path) -> None:
    (tmp_path / "mlpw.yml").write_text("compute: {cluster: [one, two], other: auto, single: box}\n")

    assert read_workspace_file(tmp_path).compute == {"cluster": "one, two", "other": "auto", "single": "box"}


def test_a_file_that_goes_while_it_is_looked_at_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when git switches branches."""
    (tmp_path / "mlpw.yml").write_text("name: taxi\n")
    is_file = Path.is_file

    def go(path: Path) -> bool:
        found = is_file(path)
        path.unlink()
        return found

    monkeypatch.setattr(Path, "is_file", go)
    assert read_workspace_file(tmp_path) == WorkspaceFile()
