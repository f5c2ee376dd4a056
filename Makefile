# Pegel: every task has one command here. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Where Python may not keep what it has compiled, each of a hundred processes would do it again.
export PYTHONDONTWRITEBYTECODE :=
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(ARGS)
YAML_RULES := '{extends: default, rules: {line-length: {max: 120, ignore: tests/scenarios/}, document-start: disable, \
	comments: {min-spaces-from-content: 1}, truthy: {check-keys: false}}}'
ARGS ?=
PYTEST = $(BIN)/pytest -q $(ARGS)

.PHONY: help install check lint types imports fast test slow servers aside parts demo bench mutation compile format generate lock screenshots clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP)  ## make .venv from the hash-pinned lock file (nothing to do when it is fresh)

$(STAMP): pyproject.toml requirements/dev.lock requirements/bootstrap.lock scripts/install.sh
	@scripts/install.sh "$(PYTHON)" $(VENV)
	@touch $@

check: install  ## format, lint, types, layers, unit and property tests (under a minute)
	@$(MAKE) -j2 --output-sync=target types fast lint imports

lint: install
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@find . -name '.?*' -prune -o '(' -name '*.yml' -o -name '*.yaml' ')' -print0 \
		| xargs -0r $(BIN)/yamllint --strict -d $(YAML_RULES)

types: install
	@$(BIN)/mypy

imports: install
	@$(BIN)/lint-imports --no-logo

fast: install
	@HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-quick} $(PYTEST) tests/unit tests/property --numprocesses auto --maxprocesses 8

test: install  ## everything that `check` does, then all other tiers (under 20 minutes)
	@$(MAKE) check
	@$(MAKE) parts
	@$(MAKE) slow

parts: install
	@scripts/ensure_parts.sh
	@$(BIN)/python -m tests.support.kafka_jars
	@$(BIN)/python -m tests.support.node_modules

slow: install
	@$(MAKE) -j2 servers aside

servers: install
	@$(PYTEST) tests/integration tests/chaos tests/acceptance

# Beside those, which wait for servers most of the time; its output comes when it is done. Properties are tried here
# on more examples than before every commit, business time on thousands.
aside: install
	@mkdir -p .cache
	@(HYPOTHESIS_PROFILE=thorough nice -n 5 $(PYTEST) tests/property/test_calendar.py && \
		nice -n 5 $(PYTEST) tests/property tests/contract tests/agents tests/engine) >.cache/aside.log 2>&1 || status=$$?; \
		cat .cache/aside.log; exit $${status:-0}

demo: install  ## embedded broker, worker and simulator in one terminal; Ctrl-C ends it
	@exec $(BIN)/pegel demo $(ARGS)

bench: install  ## print the figures: throughput, recovery, memory, delay, against stock Faust
	@exec $(BIN)/python -m tests.bench $(ARGS)

compile: install  ## compile the hot path with mypyc (workers 1.4 times, backtests 2 to 3 times as fast); run it by scripts/compiled.sh
	@scripts/compile.sh

format: install  ## let ruff format and mend what it can
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

generate: install  ## write dashboards, metric reference and diagrams anew from the code
	@$(BIN)/python -m grafana.build
	@$(BIN)/python -m stream_app.adapters.metrics.docs >docs/metrics.md
	@$(BIN)/python -m tests.unit.test_alerts_docs
	@$(BIN)/python -m tests.contract.test_clock_docs

mutation: install  ## change the core in small ways and count what the tests notice (ARGS="COUNT SEED")
	@scripts/mutation.sh $(ARGS)

screenshots: install  ## take the pictures of the wall for the documentation anew
	@$(BIN)/python -m tests.support.screenshots

lock: install  ## re-make the lock files from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(COMPILE) pyproject.toml --extra demo --output-file requirements/runtime.lock
	@$(COMPILE) pyproject.toml --extra demo --group dev --constraints requirements/runtime.lock \
		--output-file requirements/dev.lock
	@printf '%s\n' uv hatchling editables | $(COMPILE) - --constraints requirements/dev.lock \
		--output-file requirements/bootstrap.lock
	@printf '%s\n' mutmut | $(COMPILE) - pyproject.toml --group dev --no-annotate \
		--overrides <(echo 'click>=8.4.2') \
		--constraints <(grep -v '^click==' requirements/dev.lock | grep -o '^[a-z][^ ]*==[^ ]*') \
		--output-file requirements/mutation.lock

clean:  ## remove everything that was made, except the fetched Kafka
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	@find . -name __pycache__ -type d -not -path './.cache/*' -prune -exec rm -rf {} +
