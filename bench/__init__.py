"""How fast mlpw is, measured beside doit, DVC and Snakemake in one run: `python -m bench --help`."""
