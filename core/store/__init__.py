"""Content-addressed files and folders on disk."""
