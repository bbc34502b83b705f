"""What must run and why: graph, fingerprints, traces and the plan; pure, no I/O."""
