"""The small process around each local step, and the prepared process that forks it.

Standard library only, and nothing of mlpw but this package and `core.computes.processes`: it must start fast, stay
small and outlive whoever asked for it.
"""

MARKER = "MLPW_ATTEMPT"  # the environment variable by which the processes of a killed shim are found
SHIM_NAME = "mlpw-shim"  # what a shim, and its fork that is about to become the step, are called
