"""Themes as data files: one TOML file a theme, read by tui.themes as a user's own are."""
