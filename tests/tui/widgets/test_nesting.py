"""Steps in nested pipelines, folded and open."""

from tui.widgets.nesting import nest, show

GRAPH: dict[str, list[str]] = {
    "load": [],
    "fit.small.train": ["load"],
    "check": ["load"],
    "fit.small.score": ["fit.small.train"],
    "fit.big": ["load"],
    "report": ["fit.small.score", "fit.big", "check"],
}


def test_dots_in_names_are_pipelines_in_pipelines() -> None:
    nesting = nest(GRAPH)
    assert nesting.groups == ("fit", "fit.small")
    assert nesting.around("fit.small.score") == ("fit.small", "fit")
    assert list(nesting.members("fit")) == ["fit.small.train", "fit.small.score", "fit.big"]
    assert nesting.label("fit.small.score") == "score"


def test_the_steps_of_a_group_stand_together_producers_first() -> None:
    rows = show(nest(GRAPH), ()).rows
    assert rows == (
        ("load", 0),
        ("fit", 0),
        ("fit.small", 1),
        ("fit.small.train", 2),
        ("fit.small.score", 2),
        ("fit.big", 1),
        ("check", 0),
        ("report", 0),
    )


def test_a_folded_group_takes_what_its_steps_take_and_feeds_what_they_feed() -> None:
    shown = show(nest(GRAPH), ["fit"])
    assert shown.boxes == {"load": (), "fit": ("load",), "check": ("load",), "report": ("fit", "check")}
    assert shown.stand_in("fit.small.train") == "fit"


def test_an_inner_group_folds_inside_an_open_one() -> None:
    shown = show(nest(GRAPH), ["fit.small"])
    assert shown.boxes["report"] == ("fit.small", "fit.big", "check")
    assert shown.open_groups == ("fit",)


def test_groups_that_take_from_each_other_are_drawn_as_plain_steps() -> None:
    nesting = nest({"a.first": [], "b.second": ["a.first"], "a.third": ["b.second"], "c.x": ["a.third"]})
    assert nesting.groups == ("c",)
    assert nesting.label("a.third") == "a.third"
    assert show(nesting, nesting.groups).boxes["c"] == ("a.third",)


def test_a_group_that_takes_from_itself_through_a_step_outside_is_no_group() -> None:
    nesting = nest({"a.first": [], "outside": ["a.first"], "a.second": ["outside"]})
    assert nesting.groups == ()
    assert [name for name, _ in show(nesting, ()).rows] == ["a.first", "outside", "a.second"]
