"""Values as YAML: whatever is written is read back as the same."""

import pytest

from core.definitions.yaml_reader import parse_yaml, plain
from core.editing import writing

TEXTS = [
    *("plain", "", " ", "x ", " x", "no", "Yes", "null", "~", "1", "1.0", "0x1", "1e3", "1:30", "=", "<<"),
    *("a: b", "a #b", "#a", "- a", "? a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a`", "'a'", '"a"', "it's", "[a]"),
    *("{a}", "a, b", "a]", "${{parent.jobs.a.outputs.b}}", "\\", "\\n", "\t", "a\tb", "ä 大 🎉", "\x85", "\u2028"),
    *("one\ntwo", "one\ntwo\n", "\none", " one\ntwo", "one\n\n\ntwo", "one\n\n", "a\r\nb", "\x1b[0m", "a:", ":a", "-",
      "--- a", "\ufeff", "2020-01-01"),
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_text_is_read_back_as_it_is(text: str, quote: str) -> None:
    assert plain(parse_yaml(f"k: {writing.scalar(text, quote=quote)}\nl: 1".encode(), "f")) == {"k": text, "l": 1}
    assert plain(parse_yaml(writing.flow([text, {text: text}], quote=quote).encode(), "f")) == [text, {text: text}]
    lines = writing.entry("k", {"a": text, "b": [text, 1], "c": {}}, 2, 2)
    assert plain(parse_yaml("\n".join(lines).encode(), "f")) == {"k": {"a": text, "b": [text, 1], "c": {}}}


def test_texts_are_as_plain_as_they_can_be() -> None:
    assert writing.scalar("${{parent.inputs.x}}") == "${{parent.inputs.x}}"
    assert writing.flow({"x": "${{parent.inputs.x}}", "y": "z"}) == "{x: '${{parent.inputs.x}}', y: z}"
    assert (
        writing.flow({"x": "z", "n": 1, "t": True, "e": None}, quote='"') == '{"x": "z", "n": 1, "t": true, "e": null}'
    )
    assert writing.entry("command", "one\ntwo\n", 4, 2) == ["    command: |", "      one", "      two"]
