"""Which value a written scalar stands for, by the rules of YAML 1.1 that Azure ML's parser (PyYAML) keeps.

So `no` is false, `010` is eight, `1:30` is ninety, and `1e-3` (no dot) is text. Unlike there, a date stays text.
The rules: https://yaml.org/type/ (null, bool, int, float), as narrowed by PyYAML's resolver.
"""

import re

from core.definitions.wording import shortened
from core.definitions.yaml_nodes import PlainScalar
from core.errors import DefinitionError, Location

MAX_NUMBER_LENGTH = 1_000  # characters; Python itself refuses to convert more than 4,300 digits

_WORDS: dict[str, PlainScalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(
    r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*(?::[0-5]?[0-9])*)\Z",
)
_FLOAT = re.compile(
    r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?"
    r"|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z",
)


def resolve(text: str, location: Location) -> PlainScalar:
    """The value of an unquoted scalar.

    Raises DefinitionError for a number of over `MAX_NUMBER_LENGTH` characters.
    """
    if text[:1] not in _NUMBER_STARTS:
        return _WORDS.get(text, text)
    try:
        if _INTEGER.match(text):
            return _integer(text, location)
        return _float(text, location) if _FLOAT.match(text) else text
    except ValueError:  # `0x_`, `._`: no digits at all
        return text


def resolve_tagged(text: str, kind: str, location: Location) -> PlainScalar:
    """The value of a scalar tagged `!!null`, `!!bool`, `!!int` or `!!float`; `kind` is the tag's last part.

    Raises DefinitionError when the text is no such value.
    """
    value = resolve(text, location)
    if kind == "float" and isinstance(value, str | int) and not isinstance(value, bool):
        try:
            value = float(value)
        except (ValueError, OverflowError):
            value = text
    if type(value).__name__ != {"null": "NoneType"}.get(kind, kind):
        raise DefinitionError(f"'{shortened(text)}' is no {kind}, as the tag !!{kind} says", location=location)
    return value


def _integer(text: str, location: Location) -> int:
    digits = _digits(text, location)
    negative = digits.startswith("-")
    digits = digits.lstrip("+-")
    if ":" in digits:
        value = 0
        for part in digits.split(":"):
            value = value * 60 + int(part)
    elif digits.startswith(("0b", "0x")):
        value = int(digits, 0)
    else:
        value = int(digits, 8 if digits.startswith("0") else 10)
    return -value if negative else value


def _float(text: str, location: Location) -> float:
    digits = _digits(text, location).lower()
    if digits.endswith(("inf", "nan")):
        return float(digits.replace(".", ""))
    negative = digits.startswith("-")
    value = 0.0
    for part in digits.lstrip("+-").split(":"):
        value = value * 60 + float(part)
    return -value if negative else value


def _digits(text: str, location: Location) -> str:
    if len(text) > MAX_NUMBER_LENGTH:
        raise DefinitionError(
            f"a number of {len(text):,} characters; mlpw reads at most {MAX_NUMBER_LENGTH:,}",
            location=location,
            hint="put it in quotes if it is meant as text",
        )
    return text.replace("_", "")
