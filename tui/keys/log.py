"""Moving and searching in a log."""

from tui.keys.action import Action

_LOG = ("run", "log")

ACTIONS: tuple[Action, ...] = (
    Action("log.follow", "f", "follow", "Keep the end of the log in sight, or stay", _LOG, "Log", rank=11),
    Action("log.wrap", "w", "wrap", "Give long lines several rows", _LOG, "Log", rank=12),
    Action("log.keep", "ampersand", "keep lines", "Show only lines with a text; ! in front inverts, ~ makes a regex",
           _LOG, "Log", "mlpw logs {what} --grep {text}", 14, "&"),
    Action("log.times", "t", "times", "Say when each line came: by the clock, since the start, not at all", _LOG,
           "Log", "mlpw logs {what} --timestamps", 15),
    Action("log.earlier", "left_square_bracket", "earlier attempt", "The log of the attempt before, in this run or an"
           " earlier one", _LOG, "Log", "mlpw logs {run}/{step} --attempt {attempt}", shown="["),
    Action("log.later", "right_square_bracket", "later attempt", "The log of the attempt after it", _LOG, "Log",
           "mlpw logs {run}/{step} --attempt {attempt}", shown="]"),
    Action("log.merge", "a", "all logs", "The logs of several steps of the run as one, by time", _LOG, "Log",
           "mlpw logs {steps}", 16),
    Action("log.select", "V", "mark lines", "Mark lines of the log with the movement keys, to copy them", _LOG, "Log"),
    Action("log.save", "S", "save", "Save all of the log, as it is shown, to a file", _LOG, "Log",
           "mlpw logs {what} > {file}"),
    Action("log.last_error", "E", "last traceback", "Go to the last traceback in the log", _LOG, "Log", rank=13),
)  # fmt: skip
