import os
import signal
from pathlib import Path

from core.store.temporary import TemporaryFolder, clean


def test_what_a_dead_process_left_is_garbage_and_what_a_live_one_makes_is_not(tmp_path: Path) -> None:
    mine = TemporaryFolder(str(tmp_path))
    alive = Path(mine.new_path("copy"))
    alive.write_text("half")
    child = os.fork()
    if child == 0:
        path = Path(TemporaryFolder(str(tmp_path)).new_path("copy"))
        path.mkdir()
        (path / "x").write_text("half")
        path.chmod(0o555)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (tmp_path / "stray").write_text("")

    removed = clean(str(tmp_path))

    assert [name.split("-")[0] for name in removed] == [str(child), "stray"]
    assert alive.read_text() == "half"
    assert clean(str(tmp_path)) == ()


def test_names_do_not_repeat_and_a_forked_child_has_its_own_folder(tmp_path: Path) -> None:
    folder = TemporaryFolder(str(tmp_path))
    first, second = folder.new_path("a"), folder.new_path("a")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, folder.new_path("a").encode())
        os._exit(0)
    os.waitpid(child, 0)
    third = os.read(reader, 4096).decode()

    assert len({first, second, third}) == 3
    assert Path(first).parent == Path(second).parent != Path(third).parent


def test_a_closed_folder_is_gone_and_can_be_used_again(tmp_path: Path) -> None:
    folder = TemporaryFolder(str(tmp_path))
    Path(folder.new_path("a")).write_text("")

    folder.close()

    assert list(tmp_path.iterdir()) == []
    assert Path(folder.new_path("b")).parent.is_dir()


def test_cleaning_where_there_is_nothing(tmp_path: Path) -> None:
    assert clean(str(tmp_path / "none")) == ()
