"""Literal inputs come out as Azure ML writes them, and what cannot be is refused."""

from collections.abc import Mapping as Values

import pytest

from core.definitions.parameters import parameter_text
from core.definitions.yaml_reader import Mapping, Node, parse_yaml
from core.errors import DefinitionError, Location


def literal(written: str) -> Node:
    root = parse_yaml(f"lr: {written}\n".encode(), "p.yml")
    assert isinstance(root, Mapping)
    return root.entries["lr"].value


#: Written in YAML, what azure-ai-ml 1.35 sends for a literal of any declared type, and what mlpw gives for
#: string, number, integer and boolean (None: refused, since a run would certainly go wrong).
LITERALS: tuple[tuple[str | None, ...], ...] = (
    # written, Azure sends, string, number, integer, boolean
    ("5", "5", "5", "5", "5", None),
    ("5.0", "5.0", "5.0", "5.0", "5", None),  # Azure's own `Input._parse` makes it 5; int("5.0") fails in a script
    ("1.5", "1.5", "1.5", "1.5", None, None),
    ("1e-5", "1e-5", "1e-5", "1e-5", None, None),
    ("1e-3", "1e-3", "1e-3", "1e-3", None, None),
    ("1e3", "1e3", "1e3", "1e3", "1000", None),
    ("1.0e-5", "1e-05", "1e-05", "1e-05", None, None),
    ("1.0e+3", "1000.0", "1000.0", "1000.0", "1000", None),
    ("1.0e+20", "1e+20", "1e+20", "1e+20", "100000000000000000000", None),
    ("100000000000000000000", "100000000000000000000", *["100000000000000000000"] * 3, None),
    ("0.10", "0.1", "0.1", "0.1", None, None),
    ("'0.10'", "0.10", "0.10", "0.10", None, None),
    ("010", "8", "8", "8", "8", None),
    ("'010'", "010", "010", "010", "010", None),
    ("0x1F", "31", "31", "31", "31", None),
    ("1_000", "1000", "1000", "1000", "1000", None),
    ("1:30", "90", "90", "90", "90", None),
    ("-0.0", "-0.0", "-0.0", "-0.0", "0", None),
    ("+5", "5", "5", "5", "5", None),
    ("'+5'", "+5", "+5", "+5", "+5", None),
    ("' 5 '", " 5 ", " 5 ", " 5 ", " 5 ", None),
    ("no", "False", "False", None, None, "False"),
    ("on", "True", "True", None, None, "True"),
    ("true", "True", "True", None, None, "True"),
    ("'true'", "true", "true", None, None, "True"),  # Azure sends `true`; its defaults come out as True
    ("'FALSE'", "FALSE", "FALSE", None, None, "False"),
    ("'on'", "on", "on", None, None, None),
    ("1", "1", "1", "1", "1", None),
    ("abc", "abc", "abc", None, None, None),
    ("''", "", "", None, None, None),
    ("'nan'", "nan", "nan", None, None, None),
    ("'1e999'", "1e999", "1e999", None, None, None),
    ("'٣'", "٣", "٣", None, None, None),
    ("2024-01-31", None, "2024-01-31", None, None, None),  # Azure's loader breaks on dates
    (".inf", None, None, None, None, None),
    ("~", None, None, None, None, None),
    ("[1, 2]", None, None, None, None, None),
    ("{a: 1}", None, None, None, None, None),
)


@pytest.mark.parametrize("row", LITERALS, ids=lambda row: str(row[0]))
def test_literals_come_out_as_azure_sends_them_or_are_refused(row: tuple[str | None, ...]) -> None:
    written, azure, string, number, integer, boolean = row
    expected: Values[str | None, str | None] = {
        "string": string,
        "number": number,
        "integer": integer,
        "boolean": boolean,
        None: string,
    }
    for declared, text in expected.items():
        if text is None:
            with pytest.raises(DefinitionError) as raised:
                parameter_text(literal(str(written)), declared, name="lr")
            assert str(raised.value).startswith("p.yml:1:5: the input 'lr' ")
        else:
            assert parameter_text(literal(str(written)), declared, name="lr") == text
    assert azure is None or string == azure


@pytest.mark.parametrize(
    ("given", "declared", "text"),
    [
        ("5", None, "5"),
        ("no", "string", "no"),
        ("True", "boolean", "True"),
        ("false", "boolean", "False"),
        ("1e-5", "number", "1e-5"),
        ("7.0", "integer", "7"),
        ("", "string", ""),
        ("a b $(c)", "string", "a b $(c)"),
    ],
)
def test_text_from_a_command_line_is_taken_as_given(given: str, declared: str | None, text: str) -> None:
    assert parameter_text(given, declared) == text


SET = Location("--set inputs.lr")


@pytest.mark.parametrize(
    ("given", "declared", "said"),
    [
        ("abc", "number", "the input 'lr' is 'abc', and a number is declared; write a number such as 0.1 or 1e-3"),
        ("1.5", "integer", "the input 'lr' is '1.5', and an integer is declared; write a whole number"),
        ("9" * 5_000, "integer", "and an integer is declared"),
        ("yes", "boolean", "the input 'lr' is 'yes', and a boolean is declared; write true or false"),
        ("a\0b", "string", "the input 'lr' holds a NUL character"),
        ("a" * 200_000, "string", "the input 'lr' is 200,000 bytes long, and Linux allows 131,071"),
    ],
)
def test_text_that_cannot_be_is_refused_at_its_place(given: str, declared: str, said: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        parameter_text(given, declared, name="lr", location=SET)
    assert str(raised.value).startswith("--set inputs.lr: ")
    assert said in str(raised.value)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("value", ["0", "0.5", "1"])
def test_both_bounds_are_allowed(value: str) -> None:
    assert parameter_text(value, "number", minimum=0, maximum=1) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [("-0.1", "is -0.1, below the least allowed, 0"), ("1.1", "is 1.1, above the most allowed, 1")],
)
def test_a_number_out_of_its_bounds_is_refused(value: str, said: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        parameter_text(literal(value), "number", minimum=0, maximum=1, name="lr")
    assert said in str(raised.value)


def test_a_value_that_is_not_listed_names_the_nearest() -> None:
    assert parameter_text("linear", "string", enum=("linear", "cosine")) == "linear"
    with pytest.raises(DefinitionError, match=r"none of the values allowed; did you mean 'cosine'\?"):
        parameter_text("cosin", "string", enum=("linear", "cosine"))
    with pytest.raises(DefinitionError, match="choose one of linear, cosine"):
        parameter_text("xyz", "string", enum=("linear", "cosine"))
