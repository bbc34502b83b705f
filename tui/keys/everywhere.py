"""What every screen offers: the way to the others, help, leaving."""

from tui.keys.action import EVERYWHERE, Action

ACTIONS: tuple[Action, ...] = (
    Action("app.copy", "y", "copy", "Copy what is selected: the step, or the log in sight", EVERYWHERE, "View"),
    Action("app.screen_run", "1", "Run", "The Run screen: tree, graph, detail, log", EVERYWHERE, "Screens",
           rank=7),
    Action("app.screen_runs", "2", "Runs", "The Runs screen: every run of this workspace", EVERYWHERE, "Screens",
           "mlpw runs", 8),
    Action("app.screen_data", "5", "Data", "The Data screen: data assets, their versions, where they are used",
           EVERYWHERE, "Screens", "mlpw ls data", 14),
    Action("app.screen_models", "6", "Models", "The Models screen: models and the runs that made them", EVERYWHERE,
           "Screens", "mlpw ls models", 15),
    Action("app.screen_environments", "7", "Environments", "The Environments screen: packages, and what is built",
           EVERYWHERE, "Screens", "mlpw ls environments", 16),
    Action("app.screen_components", "8", "Components", "The Components screen: ports, commands, where they are used",
           EVERYWHERE, "Screens", "mlpw ls components", 17),
    Action("app.back", "alt+left,ctrl+o", "back", "Where you were before", EVERYWHERE, "Screens"),
    Action("app.forward", "alt+right,ctrl+y", "forward", "Where you were before going back", EVERYWHERE, "Screens"),
    Action("app.commands", "at", "commands", "The command log: what you did, as command lines", EVERYWHERE,
           "Screens", shown="@"),
    Action("app.palette", "colon", "palette", "Type an action, a screen, a name: runs failed, component train, run 12",
           EVERYWHERE, "Screens", rank=20, shown=":"),
    Action("app.theme", "T", "theme", "Choose a theme, seeing each", EVERYWHERE, "Comfort"),
    Action("app.mouse", "M", "mouse", "Leave the mouse to the terminal, to select text there; or not",
           EVERYWHERE, "Comfort"),
    Action("app.slow_line", "Z", "slow line", "Few repaints and plain colours, for a slow connection; or not",
           EVERYWHERE, "Comfort"),
    Action("app.workspaces", "W", "workspaces", "Open another workspace, or begin one with a template", EVERYWHERE,
           "Screens", "mlpw FOLDER"),
    Action("app.help", "question_mark", "help", "Every key", EVERYWHERE, "Screens", rank=21, shown="?"),
    Action("app.quit", "q", "quit", "Leave; runs go on", EVERYWHERE, "Screens", rank=22),
)  # fmt: skip
