"""The log view in a small app: following, wrapping, finding, growing."""

from itertools import pairwise
from pathlib import Path

from rich.cells import cell_len
from textual.app import App, ComposeResult

from core.computes.shim.log import Log
from tests.support.logs import timed_log
from tests.support.screen import screen_lines, screen_text, until, until_gone, until_shown, until_still
from tui.themes import FALLBACK
from tui.widgets.log_lines import LogLines
from tui.widgets.log_merge import MergedLines
from tui.widgets.log_paint import Times, row_starts, since
from tui.widgets.log_selection import Selection
from tui.widgets.log_view import LogView
from tui.widgets.log_whole import WholeLog


class OneLog(App[None]):
    """Nothing but a log."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.view = LogView()
        self._path = path

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(FALLBACK)

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.show(self._path, "train log")


def write(path: Path, start: int, end: int) -> None:
    with path.open("a") as file:
        file.write("".join(f"line {number}\n" for number in range(start, end)))


async def test_the_end_is_followed_while_the_file_grows(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    write(path, 0, 100)
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        text = await until_shown(pilot, "line 99", "100 lines")
        assert "FOLLOW" not in text, "nobody writes it, as far as is known"
        write(path, 100, 200)
        await until_shown(pilot, "line 199", "FOLLOW", "200 lines")
        assert len([line for line in screen_lines(app) if "line 1" in line]) == 10


async def test_a_log_whose_writer_ended_without_a_word_waits_for_none(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.touch()
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        app.view.set_can_grow(True)
        await until_shown(pilot, "nothing written yet")
        app.view.set_can_grow(False)
        await until_shown(pilot, "nothing was written")


async def test_lines_that_are_seen_after_their_writer_ended_do_not_mean_that_somebody_writes(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    write(path, 0, 100)
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        app.view.show(path, "train log", can_grow=True)
        await until_shown(pilot, "line 99", "FOLLOW")
        write(path, 100, 101)
        app.view.show(path, "train log", can_grow=False)  # the word that it ended comes before the look at the file
        await until_shown(pilot, "line 100", "101 lines")
        assert not app.view.can_grow
        app.view.show(path, "train log", can_grow=True)
        await until_shown(pilot, "FOLLOW")


async def test_scrolling_up_stays_there_until_the_end_is_wanted_again(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    write(path, 0, 100)
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        await until_shown(pilot, "line 99")
        app.view.move(-20)
        await until_gone(pilot, "line 99")
        assert not app.view.follows
        before = screen_lines(app)[1:-1]
        write(path, 100, 150)
        await until_shown(pilot, "150 lines")
        assert [line.rstrip("│┃ ") for line in screen_lines(app)[1:-1]] == [line.rstrip("│┃ ") for line in before]
        app.view.set_follow(True)
        await until_shown(pilot, "line 149")


async def test_moving_past_the_end_follows_again(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    write(path, 0, 100)
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        await until_shown(pilot, "line 99")
        app.view.move(-5)
        app.view.move(50)
        assert app.view.follows


async def test_wrapping_shows_all_of_a_long_line(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("start " + "x" * 100 + " end\nlast\n")
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        await until_shown(pilot, "start")
        assert " end" not in screen_text(app)
        app.view.set_wrap(True)
        text = await until_shown(pilot, " end", "wrap")
        assert "last" in text


async def test_a_cut_file_is_shown_anew(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    write(path, 0, 100)
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        await until_shown(pilot, "line 99")
        path.write_text("fresh\n")
        await until_shown(pilot, "fresh", "1 line ")


async def test_a_log_that_is_not_there_says_why(tmp_path: Path) -> None:
    app = OneLog(tmp_path / "none.txt")
    async with app.run_test(size=(40, 12)) as pilot:
        await until_shown(pilot, "no log yet")


async def test_finding_goes_back_from_the_end_and_on(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    write(path, 0, 20000)
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        await until_shown(pilot, "20,000 lines")
        app.view.search("line 77")
        await until_shown(pilot, "line 7799")
        app.view.search_on(-1)
        await until_shown(pilot, "line 7794")
        app.view.search("nowhere")
        await until_shown(pilot, "no match")


async def test_an_idle_log_paints_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    write(path, 0, 100)
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        await until_shown(pilot, "line 99")
        painted = 0
        render_line = app.view.render_line

        def counted(y: int) -> object:
            nonlocal painted
            painted += 1
            return render_line(y)

        app.view.render_line = counted  # type: ignore[method-assign,assignment]
        await until_still(pilot, lambda: painted)
        painted = 0
        looks = 0
        look = app.view.lines.grow

        def looked() -> bool:
            nonlocal looks
            looks += 1
            return look()

        app.view.lines.grow = looked  # type: ignore[method-assign]
        await until(pilot, lambda: looks >= 4)
        assert painted == 0
        write(path, 100, 101)
        await until(pilot, lambda: painted > 0)
        assert painted <= 12


async def test_wide_characters_are_not_torn_when_a_line_is_wrapped(tmp_path: Path) -> None:
    text = "a" + "\N{CJK UNIFIED IDEOGRAPH-6570}" * 40
    starts = row_starts(text, 18)
    assert [end - start for start, end in pairwise(starts)] == [17, 16 + 2, 18, 18]
    path = tmp_path / "log.txt"
    path.write_text(f"{text}\n")
    app = OneLog(path)
    async with app.run_test(size=(20, 12)) as pilot:
        await until_shown(pilot, "a\N{CJK UNIFIED IDEOGRAPH-6570}")
        app.view.set_wrap(True)

        def rows() -> list[str]:
            return [line.strip("│┃ ") for line in screen_lines(app)[1:-1]]

        await until(pilot, lambda: "".join(rows()) == text, "the whole line")
        assert max(map(cell_len, rows())) <= 18


async def test_every_match_is_marked_counted_and_reached(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("".join(f"line {number} Loss={number % 50} loss\n" for number in range(200)))
    app = OneLog(path)
    async with app.run_test(size=(60, 12)) as pilot:
        await until_shown(pilot, "200 lines")
        app.view.set_follow(False)
        app.view.move_to_start()
        app.view.search("loss")
        await until_shown(pilot, "1/200")
        marked = [segment.text for segment in app.view.row_segments(0, 58) if segment.style and segment.style.bgcolor]
        assert marked == ["Loss", "loss"]
        app.view.search("Loss=49")
        await until_shown(pilot, "1/4", "line 49")
        app.view.search_on(1)
        await until_shown(pilot, "2/4", "line 99")
        app.view.search_on(-1)
        app.view.search_on(-1)
        await until_shown(pilot, "4/4 wrapped", "line 199")
        app.view.search("~line 1.0 loss=(0|30)$")
        await until_shown(pilot, "no match")
        app.view.search("~line 1.0 loss=(0|30) ")
        await until_shown(pilot, "/4", "line 1")
        app.view.search("~(")
        await until_shown(pilot, "missing )")
        app.view.search("")
        assert not app.view.is_searching


async def test_a_search_among_kept_lines_while_the_log_grows(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    write(path, 0, 100)
    app = OneLog(path)
    async with app.run_test(size=(60, 12)) as pilot:
        await until_shown(pilot, "line 99")
        app.view.keep("7")
        await until_shown(pilot, "& 7", "19 of 100 lines", "98  line 97")
        write(path, 100, 200)
        await until_shown(pilot, "38 of 200 lines", "FOLLOW", "198  line 197")
        app.view.search("77")
        await until_shown(pilot, "2/2")
        app.view.keep("!7")
        await until_shown(pilot, "& !7", "162 of 200 lines", "no match")
        app.view.keep("none of them")
        await until_shown(pilot, "no line is kept")
        app.view.keep("")
        await until_shown(pilot, "2  200 lines")


async def test_times_by_the_clock_and_since_the_start(tmp_path: Path) -> None:
    log = timed_log(tmp_path, [(0, "begin"), (3.25, "later"), (3723, "end")])
    app = OneLog(log)
    async with app.run_test(size=(100, 12)) as pilot:
        await until_shown(pilot, "later")
        app.view.set_times(Times.CLOCK)
        await until_shown(pilot, ":03.250 later", ":03.000 end")
        app.view.set_times(Times.SINCE)
        await until_shown(pilot, "+0:03.250 later", "+1:02:03.000 end", "+0:00.000 begin")
    assert since(-5) == "+0:00.000"


async def test_merged_logs_say_whose_each_line_is(tmp_path: Path) -> None:
    one = timed_log(tmp_path / "one", [(0, "a"), (2, "c")])
    two = timed_log(tmp_path / "two", [(1, "b")])
    app = OneLog(tmp_path / "none.txt")
    async with app.run_test(size=(100, 12)) as pilot:
        app.view.show_lines(MergedLines([LogLines(one, "train"), LogLines(two, "tune")]), "both")
        await until_shown(pilot, "train │ a", "tune  │ b", "train │ c", "3 lines", "both")
        colours = {str(app.view.row_segments(row, 98)[0].style) for row in range(3)}
        assert len(colours) == 2
        timed_log(tmp_path / "two", [(3, "d")])
        await until_shown(pilot, "tune  │ d")
        app.view.keep("c")
        await until_shown(pilot, "1 of 4 lines", "train │ c")


async def test_marks_are_copied_as_they_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("\x1b[31mone\x1b[0m two\n\N{CJK UNIFIED IDEOGRAPH-6570}\N{CJK UNIFIED IDEOGRAPH-6570}b\nlast\n")
    app = OneLog(path)
    async with app.run_test(size=(70, 12)) as pilot:
        await until_shown(pilot, "last")
        text = app.view.text_of
        assert Selection((1, 0), (0, 0), whole_lines=True).text(text) == ("one two\n数数b", True)
        assert Selection((0, 4), (0, 2)).text(text) == ("e t", True)
        assert Selection((0, 4), (1, 2)).text(text) == ("two\n数数", True)
        assert Selection((2, 1), (2, 1)).is_empty
        app.view.select(Selection((0, 1), (1, 0)))
        await until_shown(pilot, "2 lines marked: y copies")


def test_a_mark_over_very_much_is_cut() -> None:
    text, is_all = Selection((0, 0), (100_000, 0), whole_lines=True).text(lambda number: "x" * 99)
    assert not is_all
    assert len(text) < 1 << 20


async def test_a_line_of_a_hundred_megabytes_is_shown_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        await until_shown(pilot, "␀␀␀", "1 line")
        app.view.set_wrap(True)
        await until_shown(pilot, "wrap")
        lines = app.view.lines
        assert isinstance(lines, WholeLog)
        assert lines.head.file.bytes_read < 102 << 20


async def test_a_log_over_its_limit_is_followed_until_its_step_has_ended_and_beyond(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "log.txt"), str(tmp_path / "log.times"), 4000)
    app = OneLog(tmp_path / "log.txt")
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.set_can_grow(True)
        for number in range(950):
            log.write(f"line {number:04d}\n".encode())
            if number in (100, 230, 420, 660, 949):
                await until_shown(pilot, "FOLLOW", f"line {number:04d}")
        app.view.move(-20)
        await until_gone(pilot, "line 0949")
        before = [line.rstrip("│┃ ") for line in screen_lines(app)[1:-1]]
        generation = app.view.lines.generation
        log.end()
        await until(pilot, lambda: app.view.lines.generation != generation)
        await until(pilot, lambda: [line.rstrip("│┃ ") for line in screen_lines(app)[1:-1]] == before, "the same lines")
        app.view.set_follow(True)
        await until_shown(pilot, "line 0949")
