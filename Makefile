# Needs git, make and Python >= 3.11. Everything lives in .venv; set-up is redone only when
# pyproject.toml or the requirements change. Another interpreter: make run PYTHON=/path/to/python3.12
SHELL := /bin/sh
.DEFAULT_GOAL := help

# Byte code must be cached: without it every start costs a second more.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
ARGS ?=
PYTHON ?=

# On every core, one thread each: LAPACK's own threads wait for one another.
TESTS := OPENBLAS_NUM_THREADS=1 $(PY) -m pytest --numprocesses auto --dist worksteal

.PHONY: help run test test-all lint bench docs clean lock

help:  ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: .venv/.run-stamp  ## simulate the default scenario (ARGS="scenario=geneva_2025 ensemble.worlds=1000")
	$(PY) -m tariffsim $(ARGS)

test: lint  ## lint, types, import floors and the default tests
	$(TESTS) $(ARGS)

test-all: lint  ## the same with the slow tests
	$(TESTS) -m "slow or not slow" $(ARGS)

lint: .venv/.test-stamp  ## style, types, import floors
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports

bench: .venv/.test-stamp  ## timings, as ratios against references in the same run
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(PY) -m "benchmarks.$$(basename $$file .py)" || exit 1; done

docs: .venv/.docs-stamp  ## the documentation as HTML
	$(PY) -m sphinx -W -b html docs docs/_build/html

clean:  ## remove what was built, not the results
	rm -rf .venv build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -exec rm -rf {} +

LOCK := $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

lock: .venv/.test-stamp  ## redo the hashed requirements from pyproject.toml (asks the package index)
	$(PIP) install uv
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) --extra test -c requirements/run.txt pyproject.toml -o requirements/test.txt
	$(LOCK) --extra docs -c requirements/test.txt pyproject.toml -o requirements/docs.txt

.venv/.python-stamp:
	@found=""; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11 python); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "tariffsim needs Python 3.11 or newer; none among: $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python). Install one, or name it: make run PYTHON=/path/to/python3.12" >&2; exit 2; \
	fi; \
	if [ ! -x $(PY) ]; then \
	  echo "Setting up .venv with $$("$$found" --version) (about a minute, once)"; \
	  "$$found" -m venv .venv || { echo "Could not create .venv; on Debian and Ubuntu: apt install python3-venv" >&2; rm -rf .venv; exit 2; }; \
	fi
	@touch $@

.venv/.run-stamp: pyproject.toml requirements/run.txt .venv/.python-stamp
	@echo "Installing what a run needs"
	@$(PIP) install --use-pep517 --no-deps --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --editable .
	@echo "Compiling the solver and the talks (about a minute, once)"
	@$(PY) -c "from tariffsim.ensemble.run import compile_everything; compile_everything()"
	@touch $@

# The same pins and more, so that going from `run` to `test` adds packages and changes none.
.venv/.test-stamp: pyproject.toml requirements/test.txt .venv/.python-stamp
	@echo "Installing what the tests need"
	@$(PIP) install --use-pep517 --no-deps --require-hashes -r requirements/test.txt
	@$(PIP) install --no-deps --editable .
	@echo "Compiling the solver and the talks (about a minute, once)"
	@$(PY) -c "from tariffsim.ensemble.run import compile_everything; compile_everything()"
	@touch $@ .venv/.run-stamp

.venv/.docs-stamp: requirements/docs.txt .venv/.run-stamp
	@$(PIP) install --use-pep517 --no-deps --require-hashes -r requirements/docs.txt
	@touch $@
