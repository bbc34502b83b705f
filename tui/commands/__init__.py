"""One file per command of `mlpw`; imported only when its command is called."""
