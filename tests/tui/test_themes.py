"""Themes are data, the house's and a person's alike."""

import math
from pathlib import Path

import pytest
import textual.screen
from textual.color import Color
from textual.theme import Theme

from tests.support.screen import until, until_gone, until_shown
from tests.tui.fake_bridge import stale_world
from tui import terminal, themes
from tui.app import Workbench

HOUSE = {
    "mlpw-ansi",
    "mlpw-colour-blind",
    "mlpw-colour-blind-light",
    "mlpw-dark",
    "mlpw-high-contrast",
    "mlpw-high-contrast-light",
    "mlpw-light",
    "mlpw-warm",
}
COLOURED = [theme for theme in themes.load().themes if not theme.ansi]
STATUSES = [name for name in themes.FALLBACK if name.startswith("status-")]
#: Statuses that must not be taken for one another by colour; what is not run is as grey as what waits.
APART = [name for name in STATUSES if name != "status-not-run"]
GROUNDS = ("bar", "selection", "selection-blurred")


def linear(text: str) -> tuple[float, float, float]:
    """A colour's parts as amounts of light, by sRGB's curve (IEC 61966-2-1)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (part / 255 for part in Color.parse(text).rgb)
    )
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """Contrast as WCAG 2 defines it."""

    def luminance(text: str) -> float:
        red, green, blue = linear(text)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


Matrix = tuple[tuple[float, float, float], ...]
#: What the eye sees: as it is, and with dichromacy after Machado, Oliveira and Fernandes (2009), severity 1.0.
USUAL: Matrix = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
PROTANOPIA: Matrix = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
DEUTERANOPIA: Matrix = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)


def seen(text: str, eye: Matrix) -> tuple[float, ...]:
    """A colour in Oklab (Ottosson 2020), where distances are alike to the eye; 0.02 is just noticed."""
    light = linear(text)
    red, green, blue = (max(0.0, sum(a * b for a, b in zip(row, light, strict=True))) for row in eye)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def named(theme: Theme) -> str:
    return theme.name


def test_the_house_has_these_themes_dark_and_light() -> None:
    found = themes.load()
    assert {theme.name for theme in found.themes} == HOUSE
    assert not found.troubles
    assert {theme.dark for theme in COLOURED} == {True, False}
    assert all(found.about[name] for name in HOUSE)


@pytest.mark.parametrize("theme", COLOURED, ids=named)
def test_every_text_can_be_read_on_every_ground_that_it_may_stand_on(theme: Theme) -> None:
    least = 7.0 if "high-contrast" in theme.name else 4.5
    grounds = [
        str(theme.background),
        str(theme.surface),
        str(theme.panel),
        *(theme.variables[name] for name in GROUNDS),
    ]
    texts = {name: theme.variables[name] for name in (*STATUSES, "muted")}
    texts |= {name: str(getattr(theme, name)) for name in ("foreground", "primary", "success", "warning", "error")}
    for name, text in texts.items():
        for ground in grounds:
            assert contrast(text, ground) >= least, (name, text, ground)
    assert contrast(theme.variables["match-text"], theme.variables["match"]) >= least


@pytest.mark.parametrize("theme", COLOURED, ids=named)
@pytest.mark.parametrize("line", ["graph-line", "graph-active", "frame-focused"])
def test_lines_that_say_something_can_be_seen(theme: Theme, line: str) -> None:
    assert contrast(theme.variables[line], str(theme.background)) >= 3.0


def least_distance(theme: Theme, eye: Matrix) -> tuple[float, str, str]:
    """The two statuses that are most alike, and how far they are apart."""
    colours = {name: seen(theme.variables[name], eye) for name in APART}
    pairs = ((one, other) for index, one in enumerate(APART) for other in APART[:index])
    return min((math.dist(colours[one], colours[other]), one, other) for one, other in pairs)


@pytest.mark.parametrize("theme", COLOURED, ids=named)
def test_statuses_are_told_apart_by_colour(theme: Theme) -> None:
    assert least_distance(theme, USUAL)[0] >= 0.12, least_distance(theme, USUAL)


@pytest.mark.parametrize("name", ["mlpw-colour-blind", "mlpw-colour-blind-light"])
@pytest.mark.parametrize("eye", [PROTANOPIA, DEUTERANOPIA], ids=["protanopia", "deuteranopia"])
def test_statuses_are_told_apart_with_red_green_blindness(name: str, eye: Matrix) -> None:
    theme = next(theme for theme in COLOURED if theme.name == name)
    assert least_distance(theme, eye)[0] >= 0.09, least_distance(theme, eye)


def test_the_ansi_theme_sends_only_the_terminals_own_colours() -> None:
    theme = next(theme for theme in themes.load().themes if theme.name == themes.WITHOUT_COLOUR)
    assert theme.ansi
    assert all(theme.variables[name].startswith("ansi_") for name in themes.FALLBACK)
    assert len({theme.variables[name] for name in APART}) == len(APART)


def test_a_persons_theme_is_loaded_like_the_houses(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\n[colors]\nprimary = "#ff0000"\n[variables]\nstatus-ok = "#00ff00"\n'
    )
    found = {theme.name: theme for theme in themes.load(tmp_path).themes}
    assert found["mine"].primary == "#ff0000"
    assert found["mine"].variables["status-ok"] == "#00ff00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml", "broken.toml:1: not TOML: Expected '='"),
        ('name = "x"\n[colors]\nprimary = "#ff0000', "broken.toml:3: not TOML"),
        ('name = "UPPER"\n[colors]\nprimary = "#ff0000"', "broken.toml:1: name must be lower-case"),
        ('name = "x"\n[colors]\nprimary = "red; }"', "broken.toml:3: [colors] primary must be a colour"),
        ('name = "x"\n[colors]\nprimry = "#ff0000"', "broken.toml:3: [colors] has no 'primry'"),
        ('name = "x"\n[colors]\nprimry = "#ff0000"', "did you mean 'primary'?"),
        ('name = "x"\n[colors]\nprimary = "ansi_gren"', "broken.toml:3: [colors] primary: no colour ansi_gren"),
        ('name = "x"\n\n[colors]', "broken.toml:3: [colors] needs primary"),
        ('name = "x"\ncolors = 3', "broken.toml:2: [colors] must be a table"),
        ('name = "x"\ndark = "no"\n[colors]\nprimary = "#ff0000"', "broken.toml:2: dark must be true or false"),
        ('name = "x"\nextends = "mlpw-drak"', "broken.toml:2: there is no theme 'mlpw-drak' to extend; did you mean"),
        ('name = "x"\n[colors]\nprimary = "#ff0000"\n[variables]\n"\\u001b]52;c;x" = "x"', "[variables] has no"),
    ],
)
def test_a_broken_theme_is_said_and_left_out(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "broken.toml").write_text(text)
    found = themes.load(tmp_path)
    assert {theme.name for theme in found.themes} == HOUSE
    assert len(found.troubles) == 1
    assert said in found.troubles[0]
    assert "\x1b" not in found.troubles[0]


def test_a_theme_may_change_only_a_few_things_of_another(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nextends = "mlpw-light"\n[variables]\nmuted = "#444444"\n')
    found = {theme.name: theme for theme in themes.load(tmp_path).themes}
    assert found["mine"].variables == {**found["mlpw-light"].variables, "muted": "#444444"}
    assert (found["mine"].background, found["mine"].dark) == (found["mlpw-light"].background, False)


async def test_a_broken_theme_is_said_at_start_and_changes_nothing(tmp_path: Path, own_person: Path) -> None:
    folder = own_person / "config" / "mlpw" / "themes"
    folder.mkdir(parents=True)
    (folder / "dark.toml").write_text('name = "mlpw-dark"\n[colors]\nprimary = "blue"\n')
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "dark.toml:3:")
        assert app.theme == "mlpw-dark"
        assert app.current_theme.primary == next(theme for theme in COLOURED if theme.name == "mlpw-dark").primary


async def test_every_theme_is_shown_while_it_is_selected(tmp_path: Path) -> None:
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("T")
        await until_shown(pilot, "Themes 8", "The terminal's own sixteen colours")
        await pilot.press("g")
        seen_first = app.theme
        await pilot.press("j")
        assert app.theme != seen_first
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == "mlpw-dark")
        await pilot.press("T", "G", "enter")
        await until_gone(pilot, "Themes 8")
        assert app.theme == app.chosen_theme == "mlpw-warm"
    again = Workbench(stale_world(tmp_path), tmp_path / "elsewhere" / "view.json")
    assert again.theme == "mlpw-warm"


def test_without_colour_an_ansi_theme_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    assert app.theme == themes.WITHOUT_COLOUR
    assert app.native_ansi_color


def test_over_ssh_the_screen_is_calm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22")
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    assert textual.screen.UPDATE_PERIOD == terminal.SLOW_PERIOD
    assert app.animation_level == "none"
    assert app.theme == themes.WITHOUT_COLOUR
    assert app.chosen_theme == themes.DEFAULT
    app._set_slow(False)
    assert textual.screen.UPDATE_PERIOD == terminal.QUICK_PERIOD
