"""Every bad file is one clear error that names its line; nothing is written and nothing grows."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from core.definitions.yaml_reader import read_yaml
from core.errors import DefinitionError
from tests.core.definitions.bad_yaml import ALL, BOMBS, Bad


def refusal(path: Path) -> str:
    with pytest.raises(DefinitionError) as raised:
        read_yaml(path, shown="bad.yml")
    assert raised.value.exit_code == 2
    return str(raised.value)


@pytest.mark.parametrize("bad", ALL.values(), ids=ALL)
def test_a_bad_file_is_one_error_at_its_line(bad: Bad, tmp_path: Path) -> None:
    path = tmp_path / "bad.yml"
    path.write_bytes(bad.data)
    message = refusal(path)
    assert message.startswith(f"bad.yml:{bad.line}:" if bad.line else "bad.yml: ")
    assert bad.said in message
    assert message.isprintable()
    assert "Traceback" not in message
    assert len(message) < 300
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == bad.data


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(ALL) >= 60


@pytest.mark.parametrize("name", [name for name, bad in ALL.items() if len(bad.data) < 100_000])
def test_a_bad_file_is_one_error_without_libyaml_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    (tmp_path / "bad.yml").write_bytes(ALL[name].data)
    message = refusal(tmp_path / "bad.yml")
    assert message.startswith("bad.yml:")
    assert message.isprintable()


READ_IN_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (400 * 2**20,) * 2)
from core.definitions.yaml_reader import read_yaml
from core.errors import DefinitionError
for path in sys.argv[1:]:
    try:
        read_yaml(Path(path))
    except DefinitionError:
        print("refused")
"""


@pytest.mark.skipif(
    not hasattr(resource, "RLIMIT_AS") or sys.platform != "linux", reason="needs an address space limit"
)
def test_bombs_are_refused_in_little_memory(tmp_path: Path) -> None:
    paths = []
    for number, bad in enumerate(BOMBS.values()):
        paths.append(tmp_path / f"{number}.yml")
        paths[-1].write_bytes(bad.data)
    finished = subprocess.run(
        [sys.executable, "-c", READ_IN_LITTLE_MEMORY, *map(str, paths)], capture_output=True, text=True, check=False
    )
    assert finished.stderr == ""
    assert finished.stdout.split() == ["refused"] * len(BOMBS)
