"""The log view in a small app: following, wrapping, finding, growing."""

from pathlib import Path

from textual.app import App, ComposeResult

from tests.support.screen import screen_lines, screen_text, until, until_gone, until_shown
from tui.themes import FALLBACK
from tui.widgets.log_view import LogView


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
        await until_shown(pilot, "line 99", "FOLLOW", "100 lines")
        write(path, 100, 200)
        await until_shown(pilot, "line 199", "200 lines")
        assert len([line for line in screen_lines(app) if "line 1" in line]) == 10


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
        app.view.search("LINE 77")
        await until_shown(pilot, "line 7799")
        app.view.search_on(-1)
        await until_shown(pilot, "line 7794")
        app.view.search("nowhere")
        await until_shown(pilot, "no more matches")


async def test_an_idle_log_paints_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    write(path, 0, 100)
    app = OneLog(path)
    async with app.run_test(size=(40, 12)) as pilot:
        await until_shown(pilot, "line 99")
        await pilot.pause(0.3)
        painted = 0
        render_line = app.view.render_line

        def counted(y: int) -> object:
            nonlocal painted
            painted += 1
            return render_line(y)

        app.view.render_line = counted  # type: ignore[method-assign,assignment]
        looks = 0
        look = app.view._file.grow

        def looked() -> bool:
            nonlocal looks
            looks += 1
            return look()

        app.view._file.grow = looked  # type: ignore[method-assign]
        await until(pilot, lambda: looks >= 4)
        assert painted == 0
        write(path, 100, 101)
        await until(pilot, lambda: painted > 0)
        assert painted <= 12
