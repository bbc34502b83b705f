"""Looks into files: bounded, safe, and right for what the file is."""

import os
import stat
from importlib import import_module
from pathlib import Path

import pytest

from tui.reading.folders import copy_out, entry_of, list_folder
from tui.reading.previews import READ_BYTES, FilePreview, Room, preview

ROOM = Room(40, 10)


def look(path: Path, room: Room = ROOM) -> FilePreview:
    return preview(entry_of(path, path.name), room)


def lines(found: FilePreview) -> list[str]:
    return ["".join(text for text, _ in row) for row in found.rows]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_text_is_shown_as_it_is(tmp_path: Path) -> None:
    found = look(written(tmp_path, "log.txt", "one\n\ttwo\nthree"))

    assert lines(found) == ["one", "    two", "three"]
    assert found.remark == "text · 14 B"


def test_control_characters_of_a_file_lose_their_power(tmp_path: Path) -> None:
    for name in ("a.txt", "a.csv", "a.json"):
        content = '"\\u001b[2J\\u202e"' if name.endswith("json") else "a\x1b]0;evil\x07,\u202eb\x9b2J\n"
        assert "".join(lines(look(written(tmp_path, name, content)))).isprintable(), name


def test_of_a_large_file_only_the_beginning_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.write(b"line\n" * 1000)
        file.truncate(5 << 30)
        file.seek(0)
        file.write(b"line\n" * (READ_BYTES // 5 + 1))

    found = look(path)

    assert "first 262 kB of 5.4 GB" in found.remark
    assert len(found.rows) <= 5000


def test_a_csv_is_a_table_with_numbers_to_the_right(tmp_path: Path) -> None:
    found = look(written(tmp_path, "t.csv", 'name,n\nab,1\n"c, d",200\n'))

    assert lines(found) == ["name    n", "ab      1", "c, d  200"]
    assert (found.header, found.remark) == (1, "table · 23 B")


def test_a_csv_may_be_separated_by_semicolons_and_have_rows_of_different_lengths(tmp_path: Path) -> None:
    assert lines(look(written(tmp_path, "t.csv", "a;b\n1;2;3\n4\n"))) == ["a  b", "1  2  3", "4"]


def test_of_many_rows_the_first_are_shown(tmp_path: Path) -> None:
    found = look(written(tmp_path, "t.csv", "n\n" + "".join(f"{n}\n" for n in range(20_000))))

    assert len(found.rows) == 501
    assert "first 500 rows" in found.remark


def test_json_is_laid_out_and_broken_json_is_text(tmp_path: Path) -> None:
    assert lines(look(written(tmp_path, "a.json", '{"b":[1]}'))) == ["{", '  "b": [', "    1", "  ]", "}"]
    assert look(written(tmp_path, "b.json", "{")).remark == "text · 1 B"
    assert look(written(tmp_path, "c.json", "[" * 100_000)).remark.startswith("text")


def test_bytes_are_shown_in_hexadecimal(tmp_path: Path) -> None:
    found = look(written(tmp_path, "model.pkl", b"\x80\x04A\0" * 2000))

    assert lines(found)[0].startswith("000000  80 04 41 00 80 04")
    assert (len(found.rows), found.remark) == (256, "bytes · first 4.1 kB of 8.0 kB")


def test_a_link_is_not_followed_and_a_pipe_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "folder" / "pipe")

    link, pipe = list_folder(tmp_path / "folder").entries

    assert (link.note, preview(link, ROOM).remark) == ("-> /etc/passwd", "a link, which is not followed")
    assert (pipe.note, preview(pipe, ROOM).remark) == ("not a file", "neither a file nor a folder")


def test_what_is_gone_is_said(tmp_path: Path) -> None:
    assert look(tmp_path / "gone").remark == "cannot be read"


def test_a_folder_lists_folders_first_and_no_more_than_asked(tmp_path: Path) -> None:
    for name in ("b.txt", "A.txt"):
        written(tmp_path, name, name)
    (tmp_path / "z").mkdir()

    assert [entry.name for entry in list_folder(tmp_path).entries] == ["z", "A.txt", "b.txt"]
    assert len(list_folder(tmp_path, most=2).entries) == 2
    assert list_folder(tmp_path, most=2).left_out
    assert [line.strip() for line in lines(look(tmp_path))] == ["folder  z/", "5 B  A.txt", "5 B  b.txt"]


def test_parquet_is_a_table(tmp_path: Path) -> None:
    pa = import_module("pyarrow")
    pq = import_module("pyarrow.parquet")
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"n": list(range(2000)), "s": ["a\x1bb"] * 2000}), path)

    found = look(path)

    assert found.remark.startswith("Parquet · 2,000 rows, first 500, 2 columns")
    assert lines(found)[0].split() == ["n", "(int64)", "s", "(string)"]
    assert lines(found)[1].split() == ["0", "a␛b"]


def test_a_damaged_parquet_file_says_so(tmp_path: Path) -> None:
    assert look(written(tmp_path, "t.parquet", b"PAR1 nothing like it")).remark == "parquet, damaged"


def test_pictures_are_half_blocks_or_letters(tmp_path: Path) -> None:
    image = import_module("PIL.Image")
    path = tmp_path / "p.png"
    made = image.new("RGB", (4, 4), (255, 0, 0))
    made.paste((0, 0, 255), (0, 2, 4, 4))
    made.save(path)

    found = look(path)

    assert found.remark.startswith("PNG · 4 x 4")
    assert found.rows == ((("▀▀▀▀", "#ff0000 on #ff0000"),), (("▀▀▀▀", "#0000ff on #0000ff"),))
    assert all(line.isascii() for line in lines(look(path, Room(40, 10, has_colour=False))))


def test_what_is_missing_to_see_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = tmp_path / "python"
    without.write_text("#!/bin/sh\nexit 3\n")
    without.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(without))

    parquet = look(written(tmp_path, "t.parquet", b"PAR1"))
    picture = look(written(tmp_path, "p.png", b"\x89PNG\0"))

    assert "pip install 'mlpw[parquet]'" in lines(parquet)[0]
    assert "pip install 'mlpw[images]'" in lines(picture)[0]
    assert any("89 50 4e 47" in line for line in lines(picture))


def test_a_copy_is_writable_whole_and_replaces_nothing(tmp_path: Path) -> None:
    source = tmp_path / "kept"
    (source / "inner").mkdir(parents=True)
    written(source / "inner", "a", "a").chmod(0o444)
    (source / "inner" / "link").symlink_to("a")
    (source / "inner").chmod(0o555)
    try:
        copy_out(source, tmp_path / "new" / "copy")
    finally:
        (source / "inner").chmod(0o755)

    made = tmp_path / "new" / "copy" / "inner"
    assert (made / "a").read_text() == "a"
    assert stat.S_IMODE((made / "a").stat().st_mode) & 0o200
    assert (made / "link").is_symlink()
    made.joinpath("b").touch()
    with pytest.raises(FileExistsError):
        copy_out(source, tmp_path / "new" / "copy")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["copy"]
