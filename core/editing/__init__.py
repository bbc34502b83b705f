"""Minimal edits of definition files: text in, text out; comments, order, quotes and line ends stay as they are."""
