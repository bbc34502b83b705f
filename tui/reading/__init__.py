"""Functions that read a workspace for the screens: core's values in, `tui` values out; run by `Bridge.read`."""
