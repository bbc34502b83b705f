"""YAML files are read with positions, as Azure ML's parser takes them."""

import socket
import subprocess
import sys
from os import mkfifo
from pathlib import Path

import pytest
import yaml

from core.definitions.yaml_reader import Mapping, Scalar, Sequence, parse_yaml, plain, read_yaml
from core.errors import DefinitionError, Location


def read(text: str) -> object:
    return plain(parse_yaml(text.encode(), "p.yml"))


def mapping(text: str) -> Mapping:
    node = parse_yaml(text.encode(), "p.yml")
    assert isinstance(node, Mapping)
    return node


def scalar(text: str) -> Scalar:
    node = mapping(text).entries["a"].value
    assert isinstance(node, Scalar)
    return node


def test_every_value_knows_its_line_and_column() -> None:
    root = mapping("type: pipeline\njobs:\n  train:\n    inputs: [1, two]\n")
    jobs = root.entries["jobs"]
    assert jobs.key_location == Location("p.yml", 2, 1)
    assert isinstance(jobs.value, Mapping)
    train = jobs.value.entries["train"].value
    assert isinstance(train, Mapping)
    inputs = train.entries["inputs"].value
    assert isinstance(inputs, Sequence)
    assert [item.location for item in inputs.items] == [Location("p.yml", 4, 14), Location("p.yml", 4, 17)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", False),
        ("On", True),
        ("true", True),
        ("y", "y"),
        ("~", None),
        ("", None),
        ("'no'", "no"),
        ("1e-3", "1e-3"),
        ("1.0e-3", 0.001),
        ("010", 8),
        ("08", "08"),
        ("0o10", "0o10"),
        ("0x1F", 31),
        ("-0b11", -3),
        ("1_000", 1000),
        ("0x_", "0x_"),
        ("1:30", 90),
        ("-1:30.5", -90.5),
        (".inf", float("inf")),
        ("2024-01-31", "2024-01-31"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("!!str 5", "5"),
        ("!!float 1e-3", 0.001),
        ("!!int '5'", 5),
        ("!!null ''", None),
        ("!!bool 'off'", False),
    ],
)
def test_scalars_mean_what_azures_parser_takes_them_for(text: str, value: object) -> None:
    assert repr(scalar(f"a: {text}\n").value) == repr(value)


def test_a_number_keeps_the_text_it_was_written_as() -> None:
    assert scalar("a: 01.50").text == "01.50"
    assert not scalar("a: 5").quoted
    assert scalar("a: '5'").quoted


def test_scalars_agree_with_pyyaml_on_generated_words() -> None:
    parts = ["", "0", "1", "9", "-", "+", ".", "_", ":", "x", "b", "e", "E+1", "59", "nan", "inf", "TRUE"]
    words = [a + b + c for a in parts for b in parts for c in parts]
    compared = 0
    for word in sorted(set(words)):
        try:
            theirs = yaml.safe_load(f"a: {word}")["a"]
        except (yaml.YAMLError, ValueError):
            continue
        assert repr(scalar(f"a: {word}").value) == repr(theirs), word
        compared += 1
    assert compared > 1_000


def mapping_items(data: str) -> list[object]:
    node = parse_yaml(data.encode(), "p.yml")
    assert isinstance(node, Sequence)
    return [plain(item) for item in node.items]


def test_a_place_in_a_command_over_several_lines_points_at_its_own_line() -> None:
    text = "a: >-\n    python train.py\n      --lr ${{inputs.lr}}\n\n    --data ${{inputs.data}}\n"
    command = scalar(text)
    assert command.at(command.text.index("${{inputs.lr")) == Location("p.yml", 3, 12)
    assert command.at(command.text.index("${{inputs.data")) == Location("p.yml", 5, 12)


@pytest.mark.parametrize("quote", ["'", '"', ""])
def test_a_place_in_a_quoted_value_over_several_lines_points_at_its_own_line(quote: str) -> None:
    command = scalar(f"a: {quote}echo ${{{{b}}}}\n\n  then ${{{{c}}}}{quote}\n")
    assert command.at(command.text.index("${{b")) == Location("p.yml", 1, 9 + len(quote))
    assert command.at(command.text.index("${{c")) == Location("p.yml", 3, 8)


def test_a_tag_before_a_block_moves_no_place() -> None:
    command = scalar("a: !!str |\n  one\n  two\n")
    assert command.at(command.text.index("two")) == Location("p.yml", 3, 3)


def test_a_place_in_a_quoted_value_counts_the_quote() -> None:
    assert scalar("a: '${{x}}'").at(0) == Location("p.yml", 1, 5)
    assert scalar("a: ${{x}}").at(0) == Location("p.yml", 1, 4)


def test_aliases_and_merge_keys_are_followed() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\na:\n  <<: [*b, *m]\n  x: 0\nagain: *b\n"
    assert read(text) == {
        "base": {"x": 1, "y": 2},
        "more": {"y": 3, "z": 4},
        "a": {"y": 2, "z": 4, "x": 0},
        "again": {"x": 1, "y": 2},
    }


def test_a_quoted_merge_sign_is_a_key_like_any_other() -> None:
    assert read("'<<': 1\n") == {"<<": 1}


def test_a_byte_order_mark_is_no_part_of_the_file() -> None:
    node = parse_yaml(b"\xef\xbb\xbfa: 1\n", "p.yml")
    assert isinstance(node, Mapping)
    assert node.entries["a"].key_location == Location("p.yml", 1, 1)


def test_windows_line_ends_and_names_in_any_script_are_read() -> None:
    assert read("grüße: 'привет 🎉'\r\nb: 2\r\n") == {"grüße": "привет 🎉", "b": 2}


def test_a_duplicate_key_names_both_lines() -> None:
    with pytest.raises(DefinitionError, match=r"p.yml:3:1: the key 'a' is given twice, first at line 1"):
        read("a: 1\nb: 2\na: 3\n")


def test_a_long_list_of_plain_values_is_no_bomb() -> None:
    assert len(mapping_items("- x\n" * 20_000)) == 20_000


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yml").write_text("a: 1")
    with pytest.raises(DefinitionError, match=r"there is no such file; did you mean 'pipeline.yml'"):
        read_yaml(tmp_path / "pipelin.yml", shown="pipelin.yml")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="there is no folder"):
        read_yaml(tmp_path / "jobs" / "p.yml")


def test_a_link_to_nowhere_says_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "p.yml").symlink_to("gone.yml")
    with pytest.raises(DefinitionError, match=r"a link to gone.yml"):
        read_yaml(tmp_path / "p.yml")


def test_a_loop_of_links_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "p.yml").symlink_to("p.yml")
    with pytest.raises(DefinitionError, match="cannot be read"):
        read_yaml(tmp_path / "p.yml")


def test_what_is_no_file_is_named_and_never_waited_for(tmp_path: Path) -> None:
    mkfifo(tmp_path / "pipe.yml")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.yml"))
        for path, kind in [
            (tmp_path / "pipe.yml", "a named pipe"),
            (tmp_path / "socket.yml", "a socket"),
            (tmp_path, "a folder"),
            (Path("/dev/zero"), "a device"),
        ]:
            with pytest.raises(DefinitionError, match=f"this is {kind}"):
                read_yaml(path)


def test_a_name_that_no_file_can_have_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="NUL"):
        read_yaml(tmp_path / "a\0.yml")
    with pytest.raises(DefinitionError, match="too long"):
        read_yaml(tmp_path / ("x" * 300))


def test_importing_the_reader_does_not_import_yaml() -> None:
    script = "import sys, core.definitions.yaml_reader; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-S", "-c", script], check=False, cwd=Path.cwd()).returncode == 0


def test_a_file_is_read_without_libyaml_too(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x [1, '2', !!str 3]\nb: *x\nc: |\n  text\n"
    fast = parse_yaml(text.encode(), "p.yml")
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert parse_yaml(text.encode(), "p.yml") == fast
