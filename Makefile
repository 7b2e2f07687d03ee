# Earshot from nothing but Python, git and make. `make help` lists what there is.
# Each stamp lies in what it vouches for, so removing a folder is enough to have it made again.

PYTHON ?= $(shell scripts/find-python 2>/dev/null)
PY := .venv/bin/python
WITH_NODE = . scripts/with-node &&
WEB_SOURCES := $(shell find web/src web/styles web/messages web/public -type f 2>/dev/null) \
	$(wildcard web/*.html web/*.ts web/*.js web/*.json)
TOOLS := .venv/.tools
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development
MODULES := web/node_modules/.made
BUNDLE := web/dist/.made
TEST_WORKERS ?= 2

# Processes are started often here: what is compiled once should stay so.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check bench screenshots web browser lock clean
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(RUNTIME) $(BUNDLE) ## Start everything on this machine, with a demo; Ctrl-C stops it
	@$(PY) -m inbox up --with-parent

test: $(DEVELOPMENT) $(BUNDLE) browser ## Run all tests, on real servers and in a real browser
	@echo "Testing ..."
	@$(WITH_NODE) cd web && npm --silent test
	@$(WITH_NODE) $(PY) -m pytest -n $(TEST_WORKERS) --dist loadscope

check: $(DEVELOPMENT) $(MODULES) ## Lint, types, and the order of the floors
	@echo "Checking ..."
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy --strict
	@$(WITH_NODE) cd web && npm --silent run check
	@$(PY) -m pytest tests/test_floors.py

bench: $(DEVELOPMENT) $(BUNDLE) browser ## Measure: figures and ratios, no verdict
	@$(WITH_NODE) $(PY) -m tests.bench

screenshots: $(DEVELOPMENT) $(BUNDLE) browser ## Picture every screen of a living demo, light and dark, desk and phone
	@$(WITH_NODE) $(PY) -m tests.screenshots

web: $(BUNDLE) ## Build the page

browser: $(DEVELOPMENT)
	@$(PY) -m tests.browser >/dev/null

lock: $(TOOLS) ## Choose the newest versions of every Python package anew
	@scripts/lock

clean: ## Remove everything that was built; data/ stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis web/node_modules web/dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(TOOLS): requirements-build.lock
	@scripts/find-python >/dev/null
	@$(PY) -m pip --version >/dev/null 2>&1 || scripts/make-venv "$(PYTHON)"
	@echo "Fetching uv and Node ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	@touch $@

$(RUNTIME): $(TOOLS) requirements.lock pyproject.toml
	@echo "Installing Python packages ..."
	@scripts/install --require-hashes -r requirements.lock
	@scripts/install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME) requirements-dev.lock
	@echo "Installing what the tests need ..."
	@scripts/install --require-hashes -r requirements-dev.lock
	@touch $@

$(MODULES): $(TOOLS) web/package.json web/package-lock.json
	@echo "Fetching what the page is built with ..."
	@$(WITH_NODE) cd web && npm ci --silent
	@touch $@

$(BUNDLE): $(MODULES) $(WEB_SOURCES)
	@echo "Building the page ..."
	@$(WITH_NODE) cd web && npm run --silent build -- --logLevel warn
	@touch $@
