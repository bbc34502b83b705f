"""References and optional parts are found where they stand."""

import pytest

from core.definitions.expressions import OptionalPart, Reference, Text, parse_command, parse_text, references
from core.definitions.yaml_reader import Mapping, Scalar, parse_yaml
from core.errors import DefinitionError, Location

HERE = Location("p.yml", 3, 10)


@pytest.mark.parametrize(
    "dotted",
    [
        "inputs.x",
        "inputs.group.x",
        "inputs.x.path",
        "inputs.with-hyphen",
        "outputs.x",
        "parent.inputs.x",
        "parent.inputs.group.x",
        "parent.outputs.x",
        "parent.jobs.train.outputs.model",
        "name",
        "search_space.lr",
        "default_datastore",
        "output_name",
    ],
)
def test_every_form_of_azure_ml_is_a_reference(dotted: str) -> None:
    (reference,) = parse_text(f"${{{{ {dotted} }}}}", HERE)
    assert isinstance(reference, Reference)
    assert reference.path == tuple(dotted.split("."))
    assert str(reference) == f"${{{{{dotted}}}}}"


def test_text_around_references_is_kept_with_offsets() -> None:
    assert parse_text("a/${{name}}/b${{inputs.x}}", HERE) == (
        Text("a/", 0),
        Reference(("name",), 2, 9),
        Text("/b", 11),
        Reference(("inputs", "x"), 13, 13),
    )


def test_text_without_references_is_one_text() -> None:
    assert parse_text("a }} $[[ b ]] ${c}", HERE) == (Text("a }} $[[ b ]] ${c}", 0),)
    assert parse_text("", HERE) == ()


def test_an_optional_part_of_a_command_holds_its_references() -> None:
    command = parse_command("run $[[--x ${{inputs.x}}]] end", HERE)
    assert command == (
        Text("run ", 0),
        OptionalPart((Text("--x ", 7), Reference(("inputs", "x"), 11, 13)), 4, 22),
        Text(" end", 26),
    )
    assert [reference.dotted for reference in references(command)] == ["inputs.x"]


def test_an_optional_part_without_braces_is_read_as_the_reference_it_means() -> None:
    """As in azureml-examples' endpoints/batch/.../train_xgb.yml."""
    assert parse_command("--name $[[inputs.registered_model_name]]", HERE) == (
        Text("--name ", 0),
        Reference(("inputs", "registered_model_name"), 7, 33, unmarked=True),
    )


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("a ${{inputs.x", 12, "'${{' is not closed"),
        ("${{inputs.x\n}}", 10, "'${{' is not closed"),
        ("${{inputs.x ${{inputs.y}}", 10, "'${{' is not closed"),
        ("${{}}", 10, "no reference; write inputs.NAME"),
        ("${{ input.x }}", 10, "did you mean 'inputs'?"),
        ("${{inputs.}}", 10, "is no reference"),
        ("${{inputs..x}}", 10, "is no reference"),
        ("${{inputs}}", 10, "names too little"),
        ("${{name.x}}", 10, "names too much"),
        ("${{inputs.a b}}", 10, "is no reference"),
        ("${{parent}}", 10, "names too little"),
        ("${{parent.input.x}}", 10, "did you mean 'inputs'?"),
        ("${{parent.jobs.train}}", 10, "write parent.jobs.STEP.outputs.NAME"),
        ("${{parent.jobs.train.output.x}}", 10, "did you mean 'outputs'?"),
        ("${{jobs.train.outputs.x}}", 10, "'jobs' in '${{jobs.train.outputs.x}}' is unknown"),
        ("abc ${{nmae}}", 14, "did you mean 'name'?"),
    ],
)
def test_a_wrong_reference_is_an_error_at_its_place(text: str, column: int, said: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        parse_text(text, HERE)
    assert raised.value.location == Location("p.yml", 3, column)
    assert said in str(raised.value)


@pytest.mark.parametrize("text", ["run $[[--x ${{inputs.x}}", "$[[a $[[b]] ]]", "$[[ ${{inputs.x ]] }}"])
def test_a_wrong_optional_part_is_an_error(text: str) -> None:
    with pytest.raises(DefinitionError, match=r"p.yml:3:"):
        parse_command(text, HERE)


def test_a_reference_in_a_block_is_placed_on_its_own_line() -> None:
    root = parse_yaml(b"command: |\n  one\n    two ${{nmae}}\n", "p.yml")
    assert isinstance(root, Mapping)
    command = root.entries["command"].value
    assert isinstance(command, Scalar)
    with pytest.raises(DefinitionError, match=r"^p.yml:3:9: "):
        parse_command(command.text, command.at)


def test_without_the_scalar_a_later_line_is_still_named() -> None:
    with pytest.raises(DefinitionError, match=r"^p.yml:4: "):
        parse_command("one\ntwo ${{nmae}}", HERE)
