PYTHON ?= python

.PHONY: check format lint types layers test bench

check: lint types layers test  ## everything CI checks

format:  ## rewrite the code in the house's format
	ruff format .
	ruff check --fix .

lint:
	ruff format --check .
	ruff check .

types:
	mypy

layers:
	lint-imports

test:
	$(PYTHON) -m pytest

bench:  ## mlpw beside doit, DVC and Snakemake, about two minutes; all figures: make bench ARGS=--full
	$(PYTHON) -m bench $(ARGS)
