"""What every screen offers: the way to the others, help, leaving."""

from tui.keys.action import EVERYWHERE, Action

ACTIONS: tuple[Action, ...] = (
    Action("app.copy", "y", "copy", "Copy what is selected: the step, or the log in sight", EVERYWHERE, "View"),
    Action("app.screen_run", "1", "Run", "The Run screen: tree, graph, detail, log", EVERYWHERE, "Screens",
           rank=7),
    Action("app.screen_runs", "2", "Runs", "The Runs screen: every run of this workspace", EVERYWHERE, "Screens",
           "mlpw runs", 8),
    Action("app.commands", "at", "commands", "The command log: what you did, as command lines", EVERYWHERE,
           "Screens", shown="@"),
    Action("app.palette", "colon", "palette", "Search everything that can be done", EVERYWHERE, "Screens", rank=20,
           shown=":"),
    Action("app.theme", "T", "theme", "Choose a theme, seeing each", EVERYWHERE, "Comfort"),
    Action("app.mouse", "M", "mouse", "Leave the mouse to the terminal, to select text there; or not",
           EVERYWHERE, "Comfort"),
    Action("app.slow_line", "Z", "slow line", "Few repaints and plain colours, for a slow connection; or not",
           EVERYWHERE, "Comfort"),
    Action("app.help", "question_mark", "help", "Every key", EVERYWHERE, "Screens", rank=21, shown="?"),
    Action("app.quit", "q", "quit", "Leave; runs go on", EVERYWHERE, "Screens", rank=22),
)  # fmt: skip
