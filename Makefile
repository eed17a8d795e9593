# Everything a newcomer and a machine do with the checkout. Needs make, a POSIX shell and Python 3.11 or newer;
# whatever else is needed is fetched, at the versions and hashes that requirements/ states.

VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
CODE = graph_schema queries registry clients examples benchmarks docs tests

# The first of these that is new enough and can make virtual environments. Asked for only where .venv is missing.
PYTHON = $(shell for candidate in python3.13 python3.12 python3.11 python3 python; do \
	if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo "$$candidate"; break; fi; done)

# What `make test` leaves out; `make test MARKS=` leaves out nothing.
MARKS = not nightly and not wheel
# Tests run in two processes, each with a Neo4j of its own, and in one where NEO4J_URI names the only one there is.
WORKERS = $(if $(NEO4J_URI),0,2)
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' $(LOCK_ARGS)

.PHONY: help demo test nightly wheel lint format typecheck imports docs schema lock bench clean
.DEFAULT_GOAL = help

help: ## say what can be made
	@echo 'usage: make TARGET'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  %-10s %s\n' "$$name" "$$what"; done

demo: $(VENV)/.demo ## run the main job on real input and leave the server running
	@$(BIN)/lineage status >/dev/null 2>&1 || $(BIN)/lineage up --detach
	@$(BIN)/python -m examples.demo
	@echo 'Here the command is $(BIN)/lineage; `. $(BIN)/activate` puts it on your path as lineage.'

test: lint typecheck imports ## check the code and run every test but the long ones
	$(PYTEST) -m "$(MARKS)"

nightly: $(VENV)/.dev ## run the long tests too
	$(PYTEST)

wheel: $(VENV)/.dev ## build the wheel and try it in an environment of its own
	$(PYTEST) -m wheel

lint: $(VENV)/.dev ## check style and formatting
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

format: $(VENV)/.dev ## mend style and formatting
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

typecheck: $(VENV)/.dev ## check types
	$(BIN)/mypy

imports: $(VENV)/.dev ## check which package imports which
	$(BIN)/lint-imports

docs: $(VENV)/.dev ## write the reference pages anew from the code
	$(BIN)/python docs/generate.py

schema: $(VENV)/.dev ## write the GraphQL schema snapshot anew from the code
	$(BIN)/python -m registry.api.graphql.snapshot

lock: $(BIN)/uv ## pin what pyproject.toml asks for (LOCK_ARGS=--upgrade for the newest of it)
	$(LOCK) pyproject.toml --extra local --group dev -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra local --group demo -c requirements/dev.txt -o requirements/demo.txt
	$(LOCK) pyproject.toml --extra local -c requirements/dev.txt -o requirements/local.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/runtime.txt
	$(LOCK) --group build -c requirements/dev.txt -o requirements/build.txt

bench: $(VENV)/.dev ## measure against the bare alternatives (benchmarks/README.md)
	$(BIN)/python -m benchmarks

clean: ## remove what make made here; data and downloads in the user's folders stay
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo 'No Python 3.11 or newer with venv and ensurepip was found.' >&2; \
		echo 'Install one (Debian and Ubuntu: apt install python3 python3-venv), or say which: make PYTHON=/path/to/python3' >&2; \
		exit 1; }
	$(PYTHON) -m venv $(VENV)

$(BIN)/uv: $(BIN)/python
	$(PIP) install --quiet uv

# An environment is up to date while its stamp is newer than what it was made from.
$(VENV)/.demo: $(BIN)/python requirements/demo.txt pyproject.toml
	@echo 'Installing requirements/demo.txt into $(VENV) (about a minute the first time) …'
	$(PIP) install --quiet --require-hashes -r requirements/demo.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e . -e clients/python
	@touch $@

$(VENV)/.dev: $(BIN)/python requirements/dev.txt pyproject.toml
	@echo 'Installing requirements/dev.txt into $(VENV) (about a minute the first time) …'
	$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e . -e clients/python
	@touch $@
