"""Parts of a screen that show one thing."""
