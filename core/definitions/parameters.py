"""Literal inputs: checked against what a component declares, and written as Azure ML writes them in a command.

Azure's client sends Python's `str()` of what its YAML parser made of a literal and checks it against nothing
(azure-ai-ml 1.35: `PipelineJob._to_rest_object`; `Input._parse` for defaults): `no` becomes `False`, `1e-3` stays
`1e-3`, `1.0e-3` becomes `0.001`. mlpw writes the same and refuses what the declared type cannot be.
"""

import math
from collections.abc import Sequence
from typing import NoReturn

from core.definitions.commands import check_argument
from core.definitions.wording import shortened
from core.definitions.yaml_nodes import Mapping, Node, PlainScalar, Scalar
from core.errors import DefinitionError, Location, did_you_mean

PARAMETER_TYPES = ("string", "number", "integer", "boolean")

_MOST_DIGITS = 1_000  # Python itself refuses to convert more than 4,300


def parameter_text(
    literal: Node | str,
    declared_type: str | None = None,
    *,
    enum: Sequence[str] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    location: Location | None = None,
    name: str = "",
) -> str:
    """What a command gets for `literal`: a YAML scalar, or text given on a command line.

    `declared_type` is one of `PARAMETER_TYPES`; None, "" or another type leaves the literal unchecked.
    `minimum` and `maximum` hold for numbers and integers, both included; `enum` lists the texts allowed.
    Raises DefinitionError, at the literal or at `location`, for what the declaration does not allow.
    """
    where = location if isinstance(literal, str) else literal.location
    check = _Check(name, declared_type or "", where)
    text = check.text(literal)
    check_argument(text, check.what, where)
    if declared_type in {"number", "integer"}:
        check.range(float(text), minimum, maximum)
    if enum and text not in enum:
        hint = did_you_mean(text, enum) or f"choose one of {shortened(', '.join(enum), 200)}"
        check.refuse(f"is '{shortened(text)}', which is none of the values allowed", hint)
    return text


class _Check:
    """One literal against one declared type."""

    __slots__ = ("_type", "_where", "what")

    def __init__(self, name: str, declared_type: str, where: Location | None) -> None:
        self.what = f"the input '{name}'" if name else "the value"
        self._type = declared_type
        self._where = where

    def text(self, literal: Node | str) -> str:
        if isinstance(literal, str):
            return self._typed(literal, literal)
        if not isinstance(literal, Scalar):
            kind = "a mapping" if isinstance(literal, Mapping) else "a list"
            self.refuse(f"is {kind}, and a parameter is one value", "put it in quotes to pass it as text")
        if literal.value is None:
            self.refuse("has no value", "write '' for an empty text, or leave the input out")
        if isinstance(literal.value, float) and not math.isfinite(literal.value):
            self.refuse(f"is {literal.text}, which Azure ML does not take", "put it in quotes to pass it as text")
        return self._typed(literal.value, literal.text)

    def _typed(self, value: PlainScalar, written: str) -> str:
        if self._type == "boolean":
            return self._boolean(value, written)
        if self._type == "integer":
            return self._integer(value, written)
        if self._type == "number":
            return self._number(value, written)
        return str(value)

    def _boolean(self, value: PlainScalar, written: str) -> str:
        text = str(value)
        if text.lower() in {"true", "false"}:
            return text.capitalize()
        return self._mismatch(written, "write true or false")

    def _number(self, value: PlainScalar, written: str) -> str:
        if isinstance(value, bool) or not _is_finite(str(value)):
            self._mismatch(written, "write a number such as 0.1 or 1e-3")
        return str(value)

    def _integer(self, value: PlainScalar, written: str) -> str:
        """Whole numbers however written: Azure's `int(float(...))` without its silent rounding."""
        text = str(value)
        if isinstance(value, bool) or not _is_finite(text):
            self._mismatch(written, "write a whole number")
        try:
            int(text)
        except ValueError:
            if not float(text).is_integer():
                self._mismatch(written, "write a whole number")
            return str(int(float(text)))
        return text

    def range(self, value: float, minimum: float | None, maximum: float | None) -> None:
        if minimum is not None and value < minimum:
            self.refuse(f"is {value:g}, below the least allowed, {minimum:g}", "")
        if maximum is not None and value > maximum:
            self.refuse(f"is {value:g}, above the most allowed, {maximum:g}", "")

    def _mismatch(self, written: str, hint: str) -> NoReturn:
        article = "an" if self._type == "integer" else "a"
        self.refuse(f"is '{shortened(written)}', and {article} {self._type} is declared", hint)

    def refuse(self, problem: str, hint: str) -> NoReturn:
        raise DefinitionError(f"{self.what} {problem}", location=self._where, hint=hint)


def _is_finite(text: str) -> bool:
    try:
        return text.isascii() and len(text) <= _MOST_DIGITS and math.isfinite(float(text))
    except ValueError:
        return False
