"""Where steps run: one protocol, one file per kind of compute."""
