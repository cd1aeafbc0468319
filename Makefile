# Everything below works on a machine with Python (3.11 or newer), make and a Python package index, and nothing else.
# The installed packages are the pinned ones: requirements.txt to run, requirements-dev.txt to test.

PYTHON ?= python3
# How many tests run at once. Each of these processes starts a PostgreSQL of its own when a test asks for one.
PYTEST_WORKERS ?= 2
# Further words for pytest, e.g. `make test PYTEST_ARGS=tests/domain`.
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
RUNTIME := $(VENV)/.runtime-is-installed
DEV := $(VENV)/.dev-is-installed

.DEFAULT_GOAL := help
.PHONY: help run test test-quick check fmt bench fuzz faults oracles lock vendor screenshots clean

help: ## List these verbs
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

run: $(RUNTIME) ## Seed the demo shop and serve it on 127.0.0.1:8080
	$(BIN)/tillroll demo

# Everything is there sooner where its bytecode is, which some environments tell Python not to write: the tests, which
# pytest rewrites, and the processes that they start. Workers that steal begin with half of the tests each, so that
# servers which tests share are started once, and nobody is left with a long tail. The types are checked meanwhile, in the
# time in which tests wait; what is said of them stands at the end.
TYPES := $(VENV)/.types-said
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
test: $(DEV) ## Check the code and run every test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m compileall -q src
	@$(BIN)/mypy > $(TYPES) 2>&1 & types=$$!; trap 'kill $$types 2> /dev/null' EXIT; \
	$(PYTEST) -n $(PYTEST_WORKERS) --dist worksteal --durations 20 --durations-min 3 $(PYTEST_ARGS); tests=$$?; \
	wait $$types; types_are_wrong=$$?; cat $(TYPES); test $$tests = 0 && test $$types_are_wrong = 0

test-quick: $(DEV) ## While you work: the pure tests and those of the engine on SQLite, in less than a minute
	$(PYTEST) -q -n $(PYTEST_WORKERS) --dist worksteal -k "not postgres" tests/domain tests/engine $(PYTEST_ARGS)

check: $(DEV) ## Check the style, the format and the types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

fmt: $(DEV) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

fuzz: $(DEV) ## Send generated requests to every route, for as long as half an hour
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --timeout=0 --hypothesis-profile=fuzz tests/fuzz $(PYTEST_ARGS)

CRASHES ?= 50
faults: $(DEV) ## Crash servers and databases fifty times each under a mixed load, then measure who waits for what
	$(BIN)/python -m pytest -s --timeout=0 --crashes=$(CRASHES) tests/faults/test_mixed_crashes.py $(PYTEST_ARGS)
	$(BIN)/python -m tests.faults.waits

# The packages that attribution is compared with bring 800 megabytes along, so they have a folder of their own.
oracles: $(DEV) ## Compare attribution with packages of others, then try its laws on ten thousand cases each
	test -x .oracles/bin/python || $(PYTHON) -m venv .oracles
	.oracles/bin/python -m pip install --quiet --disable-pip-version-check -r tests/oracles/requirements.txt
	PYTHONPATH=src:. .oracles/bin/python -m tests.oracles.attribution
	$(PYTEST) -n $(PYTEST_WORKERS) --timeout=0 --hypothesis-profile=laws tests/domain/attribution $(PYTEST_ARGS)

bench: $(RUNTIME) ## Measure this machine: checkouts and events per second
	$(BIN)/tillroll bench

# For maintainers, after a change to the dependencies in pyproject.toml. The pins hold on every platform and from Python
# 3.11 on; versions already pinned stay unless `make lock UPGRADE=--upgrade`. uv lives in a folder of its own, because
# nobody else needs it.
UPGRADE ?=
COMPILE = .lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links $(UPGRADE) pyproject.toml

lock: ## For maintainers: pin the dependencies anew
	test -x .lock/bin/uv || { $(PYTHON) -m venv .lock && .lock/bin/python -m pip install --quiet uv; }
	$(COMPILE) --group build --output-file requirements.txt
	$(COMPILE) --group dev --constraint requirements.txt --output-file requirements-dev.txt

vendor: ## For maintainers: bring the JavaScript of others anew, as vendored.json pins it
	$(PYTHON) tools/vendor.py

SHOTS ?= screenshots
screenshots: $(DEV) ## Draw every page of the dashboard, light and dark, wide and narrow, into ./screenshots
	$(BIN)/python -m tests.dashboard.screenshots $(SHOTS)

clean: ## Remove everything that make and the tests made
	rm -rf $(VENV) .lock .oracles .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps below are younger than what they were made from exactly while the environment is up to date.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'Tillroll needs Python 3.11 or newer; "$(PYTHON)" is missing or older. Try: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo 'Could not make a virtual environment (on Debian and Ubuntu: install python3-venv).' >&2; exit 1; }

$(RUNTIME): requirements.txt pyproject.toml src/tillroll/__init__.py | $(BIN)/python
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
