# The two commands: `make run` and `make test`.  Needs Python >= 3.11 and make; uv is used where present.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export QUANHENG_HOME ?= var
# Where a machine forbids bytecode, every command would compile all it imports: two seconds each.
export PYTHONDONTWRITEBYTECODE =
SERVE ?= 1
PORT ?= 8000
# What the database may answer otherwise: services of the work, pages and races; who may see which page, the looks of pages and
# papers once is enough, and the tests of crashes run on both databases by themselves.
ON_POSTGRES := tests/core tests/instruments tests/fleet/test_services.py tests/fleet/test_demo.py tests/verification tests/certificates tests/taskboard tests/lots tests/web/test_query_counts.py tests/races --ignore tests/certificates/paper --ignore tests/certificates/signing --ignore tests/certificates/test_crash.py

.DEFAULT_GOAL := help
.PHONY: help run test lint types contracts messages unit docs assets lock screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.run: requirements.lock pyproject.toml
	@tools/environment.sh $(PYTHON) $(VENV) requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	@tools/environment.sh $(PYTHON) $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.run

run: export QUANHENG_INSECURE_HTTP = 1
run: $(VENV)/.run ## demonstration county on http://127.0.0.1:8000 (SERVE=0 stops after the summary)
	@$(BIN)/quanheng migrate
	@$(BIN)/quanheng demo load
	@$(BIN)/quanheng day
	@echo
	@$(BIN)/quanheng demo accounts
	@echo "上面的命令在 $(BIN) 之中，先运行：. $(BIN)/activate"
	@if [ "$(SERVE)" = 1 ]; then exec $(BIN)/quanheng serve --port $(PORT); fi

test: lint types contracts unit ## everything: lint, types, layers, all tests
	@echo "make test: all passed"

lint: $(VENV)/.dev ## ruff
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

types: $(VENV)/.dev ## mypy, strict
	@$(BIN)/mypy

contracts: $(VENV)/.dev ## import layers
	@$(BIN)/lint-imports

unit: $(VENV)/.dev ## pytest, on SQLite and (where found) PostgreSQL and Chromium
	@$(BIN)/pytest -q -n 2 --dist worksteal
	@$(BIN)/python tools/on_postgres.py $(BIN)/pytest -q -n 2 --dist worksteal -m "not browser" $(ON_POSTGRES)

messages: $(VENV)/.dev ## collect and compile the English translation
	@$(BIN)/python tools/messages.py

assets: ## copy front-end files from npm into static/vendor (needs Node)
	npm ci --ignore-scripts --no-audit --no-fund
	$(PYTHON) tools/vendor_assets.py

lock: ## resolve both lock files anew (needs uv)
	tools/lock.sh --upgrade

screenshots: $(VENV)/.dev ## pictures of the README, from a running demonstration (needs Chromium)
	@$(BIN)/python tools/screenshots.py

clean: ## remove the environment and caches, never the data in var/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
