import os
import socket
from pathlib import Path

import pytest

from core.errors import InputError, StepError
from core.store.hashing import hash_path
from core.store.scan import DATA, OUTPUT, scan, stays_inside
from tests.core.store.conftest import Tree


def kinds(root: Path) -> dict[str, str]:
    return {found.name: found.kind for found in scan(str(root), DATA)}


def test_kinds_are_told_apart(tree: Tree) -> None:
    root = tree.write({"a.txt": "a", "run.sh": "#!/bin/sh"})
    (root / "run.sh").chmod(0o755)
    (root / "empty").mkdir()
    tree.link("here", "a.txt")

    assert kinds(root) == {"a.txt": "f", "run.sh": "x", "empty": "d", "here": "l"}


def test_names_are_kept_exactly(tree: Tree) -> None:
    names = [b"new\nline", b"\x1b[31mred", b"not utf-8 \xff", b"-rf", b"z" * 255, "\u202egpj.exe".encode()]
    for name in names:
        (tree.root / os.fsdecode(name)).write_text("")

    assert {os.fsencode(found.name) for found in scan(str(tree.root), DATA)} == set(names)


@pytest.mark.parametrize(
    ("folder", "target", "inside"),
    [
        ("/t", "a", True),
        ("/t", "./a/b", True),
        ("/t/sub", "../a", True),
        ("/t/sub", "../../a", False),
        ("/t", "../t/a", False),
        ("/t/sub", "x/../../../a", False),
        ("/t/sub", "x/../a", False),
        ("/t", "/t/a", False),
    ],
)
def test_a_link_stays_inside_only_if_that_holds_wherever_the_tree_is_copied(
    folder: str, target: str, inside: bool
) -> None:
    assert stays_inside(folder, target, "/t") is inside


def test_a_link_out_of_the_data_counts_by_what_it_reaches(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "x.txt").write_text("one")
    root = tree.link("far", outside)
    before = hash_path(root)

    (outside / "deep" / "x.txt").write_text("two")

    assert kinds(root) == {"far/deep/x.txt": "f"}
    assert hash_path(root).digest != before.digest


def test_a_link_inside_a_folder_that_a_link_reaches_is_judged_there(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "beside.txt").write_text("beside")
    (outside / "up").symlink_to("../beside.txt")
    (outside / "near").symlink_to("up")

    assert kinds(tree.link("far", outside)) == {"far/up": "f", "far/near": "l"}


def test_links_in_a_circle_are_an_error(tree: Tree) -> None:
    tree.write({"a/x": ""})
    tree.link("a/back", tree.root)

    with pytest.raises(InputError, match="contains it"):
        scan(str(tree.root), DATA)


def test_a_dangling_link_is_kept_in_data_and_refused_in_an_output(tree: Tree) -> None:
    root = tree.link(".#train.py", "me@host.123:456")

    assert kinds(root) == {".#train.py": "l"}
    with pytest.raises(StepError, match="not there"):
        scan(str(root), OUTPUT)


def test_specials_are_refused_with_their_name(tree: Tree) -> None:
    os.mkfifo(tree.root / "pipe")

    with pytest.raises(InputError, match="pipe' is a named pipe"):
        scan(str(tree.root), DATA)


def test_a_socket_is_refused(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")

        with pytest.raises(InputError, match="is a socket"):
            scan(str(tree.root), DATA)


def test_a_link_to_a_device_is_refused(tree: Tree) -> None:
    with pytest.raises(InputError, match="device"):
        scan(str(tree.link("null", "/dev/null")), DATA)
