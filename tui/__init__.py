"""The terminal: a command line and a workbench over core.workspace."""
