"""Full-window views of the workbench, stacked."""
