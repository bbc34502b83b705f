"""What steps run in: Python environments built by uv."""
