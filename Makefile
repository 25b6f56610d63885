# make run                 set up, then reach an example goal with a local model
# make run GOAL="…"        the same with your goal; WORKSPACE=DIR for your files
# make test                set up, then lint, types and all tests
# make goals               set up, then what the default model makes of everyday goals
# make setup               only set up
# make lint                style and types
# make docs                build the pages of docs/ into docs/_build/html
# make clean               remove the environment and everything generated (models stay)

GOAL ?= Which region sold the most in sales.csv? Write the region and its total to best_region.txt
WORKSPACE ?= examples/hello
# a goal is text: quotes and dollar signs in it reach the program as they are
override GOAL := $(value GOAL)
export GOAL

# the first Python that is new enough; .ci/setup.py explains what to do where there is none
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; \
	done; echo python3)
BIN := .venv/bin
PINS := pyproject.toml constraints.txt .ci/setup.py

.PHONY: help run test goals setup lint docs clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

run: setup
	@$(BIN)/nomoat run --yes --workspace "$(WORKSPACE)" "$$GOAL"

setup: .venv/.ready-run

test: .venv/.ready-test lint
	$(BIN)/pytest

goals: .venv/.ready-test
	$(BIN)/pytest -m 'goals or measured'

lint: .venv/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/.ready-test
	$(BIN)/python -m sphinx -W --keep-going -q -E -b html docs docs/_build/html

.venv/.ready-run .venv/.ready-test: $(PINS)
	@$(PYTHON) .ci/setup.py $(subst .venv/.ready-,,$@)

clean:
	rm -rf .venv build dist docs/_build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find agent memory tools tests examples .ci -name __pycache__ -prune -exec rm -rf {} +
