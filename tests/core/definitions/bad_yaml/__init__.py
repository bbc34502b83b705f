"""YAML that no definition can be: name -> bytes, the line of the error, and words of its message."""

from typing import NamedTuple


class Bad(NamedTuple):
    """One file; `line` 0 means that the error is about the whole file."""

    data: bytes
    line: int
    said: str


def _text(text: str, line: int, said: str) -> Bad:
    return Bad(text.encode(), line, said)


def _alias_bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    return "\n".join(lines)


def _merge_bomb() -> str:
    lines = ["a0: &a0 {k: 1}"]
    lines += [
        f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], x{i}: *a{i - 1}, y{i}: {{<<: *a{i - 1}}}}}" for i in range(1, 30)
    ]
    return "\n".join(lines)


def _wide_merges() -> str:
    keys = ", ".join(f"k{i}: 1" for i in range(30_000))
    return f"a: &a {{{keys}}}\n" + "".join(f"b{i}: {{<<: *a}}\n" for i in range(100))


BOMBS = {
    "alias bomb": _text(_alias_bomb(), 5, "aliases expand to more than 100,000 values"),
    "merge key bomb": _text(_merge_bomb(), 8, "aliases expand to more than 100,000 values"),
    "many merges of a wide mapping": _text(_wide_merges(), 3, "aliases expand to more than 100,000 values"),
    "alias of itself": _text("a: &a\n  b: [*a]\n", 2, "'*a' refers to itself"),
    "merge of itself": _text("a: &a\n  <<: *a\n", 2, "'*a' refers to itself"),
    "billion of values": _text("[" + "a," * 3_000_000, 1, "more than 300,000 values"),
    "over ten megabytes": _text("a: " + "x" * (10 * 1024 * 1024), 0, "over 10 MB"),
    "lists 10,000 deep": _text("a: " + "[" * 10_000 + "]" * 10_000, 1, "nested more than 100 levels deep"),
    "lists 10,000 deep, open": _text("[" * 10_000, 1, "nested more than 100 levels deep"),
    "mappings 10,000 deep": _text("{a: " * 10_000, 1, "nested more than 100 levels deep"),
    "dashes 10,000 deep": _text("- " * 10_000 + "x", 1, "nested more than 100 levels deep"),
    "keys 3,000 deep": _text("\n".join(" " * i + "a:" for i in range(3_000)), 100, "nested more than 100 levels"),
    "question marks 10,000 deep": _text("? " * 10_000, 1, "nested more than 100 levels deep"),
    "101 levels": _text("[" * 101 + "]" * 101, 1, "nested more than 100 levels deep"),
    "5,000 digits": _text("a: b\nc: " + "9" * 5_000, 2, "a number of 5,000 characters"),
    "5,000 hexadecimal digits": _text("a: 0x" + "f" * 5_000, 1, "a number of 5,002 characters"),
    "5,000 decimals": _text("a: 0." + "1" * 5_000, 1, "a number of 5,002 characters"),
    "5,000 digits by sixty": _text("a: 1" + ":59" * 1_700, 1, "a number of 5,101 characters"),
    "5,000 digits with a tag": _text("a: !!int '" + "9" * 5_000 + "'", 1, "a number of 5,000 characters"),
}

KEYS = {
    "duplicate key": _text("a: 1\nb: 2\na: 3\n", 3, "first at line 1 and again at line 3"),
    "duplicate nested key": _text("j:\n  a: 1\n  a: 2\n", 3, "first at line 2 and again at line 3"),
    "duplicate key in braces": _text("a: {b: 1,\n b: 2}\n", 2, "first at line 1 and again at line 2"),
    "duplicate key, once quoted": _text("a: 1\n'a': 2\n", 2, "the key 'a' is given twice"),
    "duplicate key that a terminal obeys": _text(
        '"\\e[2J\\n\\u202e": 1\n"\\e[2J\\n\\u202e": 2\n', 2, r"the key '\x1b[2J \u202e' is given twice"
    ),
    "long duplicate key": _text(f"{'k' * 900}: 1\n{'k' * 900}: 2\n", 2, "kkk...' is given twice"),
    "two merge keys": _text("<<: {a: 1}\n<<: {b: 1}\n", 2, "write one '<<: [*a, *b]'"),
    "number as key": _text("1: x\n", 1, "put it in quotes: '1'"),
    "float as key": _text("a:\n  1.5: x\n", 2, "put it in quotes: '1.5'"),
    "boolean as key": _text("no: x\n", 1, "the key no is true or false to YAML"),
    "null as key": _text("a: 1\n~: x\n", 2, "the key ~ is nothing"),
    "empty key": _text("a: 1\n? \n: x\n", 2, "the key (empty) is nothing"),
    "list as key": _text("[a, b]: x\n", 1, "a list stands as a key"),
    "mapping as key": _text("a: {{x}}\n", 1, "a mapping stands as a key"),
    "long list as key": _text("? - a\n  - b\n: x\n", 1, "a list stands as a key"),
    "alias of a list as key": _text("a: &a [1]\n*a : 2\n", 1, "a list stands as a key"),
    "merge of a number": _text("a: 1\n<<: 3\n", 2, "'<<' merges mappings"),
    "merge of texts": _text("<<: [a, b]\n", 1, "'<<' merges mappings"),
}

NAMES = {
    "undefined alias": _text("base: &base 1\na: *bas\n", 2, "did you mean 'base'?"),
    "asterisk as text": _text("a: *.csv\n", 1, "text that starts with * needs quotes"),
    "asterisk alone": _text("a: * b\n", 1, "not valid YAML"),
    "anchor twice": _text("a: &x 1\nb: &x 2\n", 2, "the anchor '&x' is given twice, first at line 1"),
    "ampersand alone": _text("a: & b\n", 1, "not valid YAML"),
    "python object": _text("a: !!python/object/apply:os.system [touch pwned]\n", 1, "tag !!python/object/apply"),
    "python name": _text("a: 1\nb: !!python/name:os.system\n", 2, "the tag !!python/name:os.system is unknown"),
    "own tag": _text("a: !Ref b\n", 1, "the tag !Ref is unknown"),
    "own tag on a mapping": _text("a: !!omap {b: 1}\n", 1, "the tag !!omap is unknown"),
    "own tag on a list": _text("a: !x [1]\n", 1, "the tag !x is unknown"),
    "binary": _text("a: !!binary aGVsbG8=\n", 1, "the tag !!binary is unknown"),
    "exclamation as text": _text("a: !wow! b\n", 1, "text that starts with ! needs quotes"),
    "integer that is none": _text("a: !!int x\n", 1, "'x' is no int"),
    "boolean that is none": _text("a: !!bool 1\n", 1, "'1' is no bool"),
}

SYNTAX = {
    "tab as indentation": _text("a:\n\tb: 1\n", 2, "a tab where only spaces may stand; indent with spaces"),
    "tab before a dash": _text("a:\n  b: 1\n\t- x\n", 3, "a tab where only spaces may stand"),
    "list not closed": _text("a: [1, 2\nb: 3\n", 2, "a '[' is not closed"),
    "braces not closed": _text("a: {b: 1\nc: 3\n", 2, "a '{' is not closed"),
    "single quote not closed": _text("a: 'x\nb: 2\n", 1, "the file ends inside quotes; close them"),
    "double quote not closed": _text('a: 1\nb: "x\n', 2, "the file ends inside quotes; close them"),
    "bracket never opened": _text("a: ]\n", 1, "not valid YAML"),
    "text behind quotes": _text("a: 'x' y\n", 1, "not valid YAML"),
    "unknown escape": _text('a: "C:\\data"\n', 1, "use '...' for plain text"),
    "colon in text": _text("a: b: c\n", 1, "text that holds ': ' needs quotes"),
    "indentation too deep": _text("a: 1\n  b: 2\n", 2, "a ':' stands where no key can be"),
    "indentation that fits nothing": _text("a:\n   b: 1\n c: 2\n", 3, "line it up with the lines around it"),
    "list and keys mixed": _text("a:\n  - x\n  b: 1\n", 3, "not valid YAML"),
    "key without colon": _text("a: 1\nb\n", 3, "write 'key: value'"),
    "at sign": _text("a: @x\n", 1, "text that starts with this character needs quotes"),
    "backtick": _text("a: `x`\n", 1, "text that starts with this character needs quotes"),
    "percent at the start": _text("%matplotlib inline\n", 1, "not valid YAML"),
    "YAML of another version": _text("%YAML 3.0\n---\na: 1\n", 1, "not valid YAML"),
    "block header with text": _text("a: |x\n b\n", 1, "not valid YAML"),
    "two commas": _text("a: [1,,2]\n", 1, "not valid YAML"),
    "merge conflict": _text("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> b\n", 2, "not valid YAML"),
    "JSON with a comment": _text('{"a": 1, // b\n "c": 2}\n', 2, "not valid YAML"),
}

FILES = {
    "empty": _text("", 0, "the file is empty"),
    "only blanks": _text(" \n\n", 0, "the file is empty"),
    "only a comment": _text("# later\n", 0, "the file is empty"),
    "only dashes": _text("---\n", 0, "the file is empty"),
    "null": _text("null\n", 0, "the file is empty"),
    "two documents": _text("a: 1\n---\nb: 2\n", 2, "a second document starts here"),
    "an empty second document": _text("a: 1\n---\n", 2, "a second document starts here"),
    "NUL": _text("a: b\nc: d\0e\n", 2, "a NUL character stands in the file"),
    "bell": _text("a: \x07\n", 1, "the control character U+0007"),
    "escape": _text("a: 1\nb: \x1b[31mred\n", 2, "the control character U+001B"),
    "C1 control": _text("a: x\x9by\n", 1, "the control character U+009B"),
    "latin-1": Bad("a: 1\nb: caf\xe9 x\n".encode("latin-1"), 2, "the byte 0xe9 is no UTF-8; save it as UTF-8"),
    "cut UTF-8": Bad("a: é".encode()[:-1], 1, "is no UTF-8"),
    "surrogate": Bad(b"a: \xed\xa0\x80\n", 1, "is no UTF-8"),
    "UTF-16 with a mark": Bad("a: 1\n".encode("utf-16"), 1, "UTF-16 or UTF-32; save it as UTF-8"),
    "UTF-16, big end first": Bad(b"\xfe\xff" + "a: 1\n".encode("utf-16-be"), 1, "UTF-16 or UTF-32; save it as UTF-8"),
    "UTF-16 without a mark": Bad("a: 1\n".encode("utf-16-le"), 1, "UTF-16 or UTF-32; save it as UTF-8"),
    "UTF-32": Bad("a: 1\n".encode("utf-32"), 1, "UTF-16 or UTF-32; save it as UTF-8"),
    "a picture": Bad(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 1, "the byte 0x89 is no UTF-8"),
    "an archive": Bad(b"\x1f\x8b\x08\0abc", 1, "no UTF-8"),
}

ALL = BOMBS | KEYS | NAMES | SYNTAX | FILES
