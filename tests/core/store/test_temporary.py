import os
import signal
from pathlib import Path

from core.store.temporary import TemporaryFolder, clean
from tests.support.children import start_child


def test_what_a_dead_process_left_is_garbage_and_what_a_live_one_makes_is_not(tmp_path: Path) -> None:
    mine = TemporaryFolder(str(tmp_path))
    alive = Path(mine.new_path("copy"))
    alive.write_text("half")
    child = start_child(leave_something, tmp_path)
    child.communicate()
    (tmp_path / "stray").write_text("")

    removed = clean(str(tmp_path))

    assert [name.split("-")[0] for name in removed] == [str(child.pid), "stray"]
    assert alive.read_text() == "half"
    assert clean(str(tmp_path)) == ()


def leave_something(root: str) -> None:
    path = Path(TemporaryFolder(root).new_path("copy"))
    path.mkdir()
    (path / "x").write_text("half")
    path.chmod(0o555)
    os.kill(os.getpid(), signal.SIGKILL)


def test_names_do_not_repeat_and_a_forked_child_has_its_own_folder(tmp_path: Path) -> None:
    said, _ = start_child(name_three, tmp_path).communicate()
    first, second, third = said.decode().split()

    assert len({first, second, third}) == 3
    assert Path(first).parent == Path(second).parent != Path(third).parent


def name_three(root: str) -> None:
    """Two paths from this process, the third from a fork of it."""
    folder = TemporaryFolder(root)
    print(folder.new_path("a"), folder.new_path("a"), flush=True)
    if os.fork() == 0:
        print(folder.new_path("a"), flush=True)
        os._exit(0)
    os.wait()


def test_a_closed_folder_is_gone_and_can_be_used_again(tmp_path: Path) -> None:
    folder = TemporaryFolder(str(tmp_path))
    Path(folder.new_path("a")).write_text("")

    folder.close()

    assert list(tmp_path.iterdir()) == []
    assert Path(folder.new_path("b")).parent.is_dir()


def test_cleaning_where_there_is_nothing(tmp_path: Path) -> None:
    assert clean(str(tmp_path / "none")) == ()
