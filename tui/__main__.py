"""`python -m tui` is `mlpw`."""

from tui.cli import main

main()
