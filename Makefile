# Packline, for developers and for a first look. `make help` lists the verbs.
PYTHON ?= python3
BIN := .venv/bin
SAMPLE ?= 200
QUICK := tests/domain tests/models tests/adapters tests/services tests/tasks
INSTALL := $(BIN)/pip install --quiet --quiet --disable-pip-version-check --no-deps
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help demo up quick test slow chaos bench mutants check lock clean

help: ## list these verbs
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/installed ## a day of orders on a real stack, from import to report
	@$(BIN)/packline demo

sample: .venv/installed ## the whole stack with a sample day, to look at; in an empty shop only
	@$(BIN)/packline up --sample

up: .venv/installed ## the whole stack in the foreground, until Ctrl-C
	@$(BIN)/packline up

quick: .venv/installed ## rules, tables, services and steps in a minute, for working
	@$(BIN)/python -m pytest -q -n 2 -m 'not slow and not lengthy' $(QUICK)

test: .venv/installed ## all tests but the slow ones, in two processes
	@$(BIN)/python -m pytest -n 2

slow: .venv/installed ## the slow tests but those of `make chaos`, and random examples by the hundred
	@$(BIN)/python -m pytest -m 'slow or hypothesis' --hypothesis-profile packline --ignore tests/chaos --ignore tests/browser

browser: .venv/installed ## every page in a browser: sizes, languages, keyboard, without JavaScript, axe
	@$(BIN)/python -m pytest -m 'slow or not slow' tests/browser

pictures: .venv/installed ## a picture of every page, at each size, light and dark, in var/pictures
	@PACKLINE_PICTURES=var/pictures $(BIN)/python -m pytest -q -m slow tests/browser/test_every_page.py

chaos: .venv/installed ## the crash matrix, case by case, ending with the audit (an hour)
	@$(BIN)/python -m pytest -v -m 'slow or not slow' tests/chaos

bench: .venv/installed ## measure throughput, waiting, a burst, a long history, sizes (an hour)
	@mkdir -p var
	@$(BIN)/packline bench --compare stock --json | tee var/bench.json
	@$(BIN)/packline bench --pace 20
	@$(BIN)/python -m tests.benchmarks.retention var/bench.json
	@$(BIN)/python -m tests.benchmarks.waiting
	@$(BIN)/python -m tests.benchmarks.burst
	@$(BIN)/python -m tests.benchmarks.people
	@$(BIN)/python -m tests.benchmarks.growth

mutants: .venv/installed ## which small mistakes in the core the tests do not notice: SAMPLE=200 of them (hours)
	@$(INSTALL) --require-hashes -r requirements-mutants.lock
	@$(BIN)/python -m tests.mutants --sample $(SAMPLE)

check: .venv/installed ## style, types, the direction of imports, and what is declared
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/deptry . --exclude '\.venv|var' --non-dev-dependency-groups dev

lock: ## write the locks anew from pyproject.toml (needs uv)
	$(COMPILE) --group dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --group mutants --constraint requirements.lock --output-file requirements-mutants.lock

clean: ## forget the environment and all data in var/
	rm -rf .venv var

# The lock is complete, so nothing is resolved again: --no-deps.
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Packline needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.11 …")'
	@echo "Installing into .venv (once; a minute or two)"
	@$(PYTHON) -m venv .venv
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@
