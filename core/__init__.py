"""The mlpw engine, complete without the terminal."""

#: Start-up compares this to find out whether another package named `core` shadows ours.
PRODUCT = "mlpw"
__version__ = "0.1.0"
