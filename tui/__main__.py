"""`python -m tui` is `mlpw`."""

from tui.start import main

main()
