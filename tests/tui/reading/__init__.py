"""What the workbench reads of a workspace, as plain values."""
