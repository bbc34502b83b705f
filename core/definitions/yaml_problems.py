"""PyYAML's complaints in the words of someone who writes a definition."""

import yaml

from core.definitions.wording import shortened
from core.errors import DefinitionError, Location

#: Part of PyYAML's problem -> what to say instead ("" keeps it) and what to do.
_WORDINGS: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "a ':' stands where no key can be", "text that holds ': ' needs quotes"),
    ("did not find expected key", "the indentation or the quotes do not fit", "line it up with the lines around it"),
    ("expected <block end>", "the indentation does not fit", "line it up with the lines around it"),
    ("did not find expected '-' indicator", "the indentation of a list does not fit", "line up its '-'"),
    ("could not find expected ':'", "a key without a ':'", "write 'key: value'"),
    ("unexpected end of stream", "the file ends inside quotes", "close them"),
    ("unexpected document separator", "a document ends inside quotes", "close them"),
    ("did not find expected ',' or '}'", "a '{' is not closed", "close it with '}', or put the text in quotes"),
    ("expected ',' or '}'", "a '{' is not closed", "close it with '}', or put the text in quotes"),
    ("did not find expected ',' or ']'", "a '[' is not closed", "close it with ']', or put the text in quotes"),
    ("expected ',' or ']'", "a '[' is not closed", "close it with ']', or put the text in quotes"),
    ("escape", "", "in \"...\" a backslash starts an escape; use '...' for plain text"),
    ("cannot start any token", "", "text that starts with this character needs quotes"),
    ("block sequence entries are not allowed", "a '-' stands where no list can start", "put the list on its own line"),
    ("block mapping", "", "line it up with the lines around it"),
    ("did not find expected node content", "a value is missing before this", "text that starts with it needs quotes"),
    ("directive", "", "text that starts with % needs quotes"),
    ("a tag", "", "text that starts with ! needs quotes"),
    ("an alias", "a '*' that names no anchor", "text that starts with * needs quotes"),
    ("an anchor", "a '&' that gives no name", "text that starts with & needs quotes"),
)


def syntax_error(problem: yaml.YAMLError, text: str, file: str) -> DefinitionError:
    """One clear error for what PyYAML could not read in `text`."""
    if not isinstance(problem, yaml.MarkedYAMLError) or problem.problem_mark is None:
        return DefinitionError(f"not valid YAML: {shortened(str(problem), 200)}", location=Location(file, 1, 1))
    mark = problem.problem_mark
    if "unexpected end of stream" in (problem.problem or "") and problem.context_mark is not None:
        mark = problem.context_mark  # where the quotes open says more than where the file ends
    location = Location(file, mark.line + 1, mark.column + 1)
    said = problem.problem or "cannot be read"
    if text[mark.index : mark.index + 1] == "\t":
        return DefinitionError(
            "not valid YAML: a tab where only spaces may stand", location=location, hint="indent with spaces"
        )
    told = f"{said} {problem.context or ''}"
    wording, hint = next(((words, hint) for part, words, hint in _WORDINGS if part in told), ("", ""))
    return DefinitionError(f"not valid YAML: {wording or said}{_began(problem, mark)}", location=location, hint=hint)


def _began(problem: yaml.MarkedYAMLError, mark: yaml.Mark) -> str:
    """Where the thing began that went wrong, when that is another line."""
    began = problem.context_mark
    if began is None or began.line == mark.line:
        return ""
    what = (problem.context or "").removeprefix("while ").removeprefix("parsing ").removeprefix("scanning ")
    return f" ({what or 'it'} began at line {began.line + 1})"
