"""Makes a plan happen: scheduler, supervisor, shim, recovery."""
