"""Themes are data, the house's and a person's alike."""

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from tests.tui.fake_bridge import stale_world
from tui import themes
from tui.app import Workbench

HOUSE = {"mlpw-dark", "mlpw-light", "mlpw-high-contrast", "mlpw-colour-blind"}
STATUSES = [name for name in themes.FALLBACK if name.startswith("status-")]


def contrast(one: str, other: str) -> float:
    """Contrast as WCAG 2 defines it."""

    def luminance(text: str) -> float:
        parts = [part / 255 for part in Color.parse(text).rgb]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_house_has_four_themes() -> None:
    found = themes.load()
    assert {theme.name for theme in found.themes} == HOUSE
    assert not found.troubles


@pytest.mark.parametrize("theme", themes.load().themes, ids=lambda theme: theme.name)
def test_every_status_can_be_read_on_the_background_and_on_the_selection(theme: Theme) -> None:
    assert theme.background is not None
    least = 7.0 if theme.name == "mlpw-high-contrast" else 3.0
    for name in STATUSES:
        assert contrast(theme.variables[name], theme.background) >= least, name
    assert contrast(str(theme.foreground), theme.variables["selection"]) >= 4.5


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
        ("not toml", "="),
        ('name = "UPPER"\n[colors]\nprimary = "#ff0000"', "lower-case"),
        ('name = "x"\n[colors]\nprimary = "red; }"', "must be a colour"),
        ('name = "x"\n[colors]\nprimry = "#ff0000"', "has no primry"),
        ('name = "x"', "needs primary"),
        ('name = "x"\ncolors = 3', "must be a table"),
    ],
)
def test_a_broken_theme_is_said_and_left_out(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "broken.toml").write_text(text)
    found = themes.load(tmp_path)
    assert {theme.name for theme in found.themes} == HOUSE
    assert len(found.troubles) == 1
    assert "broken.toml" in found.troubles[0]
    assert said in found.troubles[0]


def test_without_colour_an_ansi_theme_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    assert app.theme == themes.WITHOUT_COLOUR
    assert app.native_ansi_color


def test_over_ssh_the_screen_is_calm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import textual.screen

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22")
    monkeypatch.setattr(textual.screen, "UPDATE_PERIOD", 1 / 60)
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    assert textual.screen.UPDATE_PERIOD == 0.25
    assert app.animation_level == "none"
    assert app.theme == themes.WITHOUT_COLOUR
