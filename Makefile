# Everything a person types: demo, test, check, bench. Each makes .venv from the lock files first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

.PHONY: demo test check bench clean

demo: $(VENV)/.run
	@exec $(BIN)/lamplighter demo $(ARGS)

test: $(VENV)/.dev
	@exec scripts/test $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) .lamplighter

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Lamplighter needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) || { echo "could not make $(VENV): on Debian, apt-get install python3-venv"; exit 1; }

$(VENV)/.run: requirements/run.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing Lamplighter into $(VENV) (once, about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing Lamplighter and its test tools into $(VENV) (once, about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

$(VENV)/.sumo: requirements/sumo.lock $(VENV)/.dev
	@echo "installing SUMO and SciPy into $(VENV) (once, about a minute and 0.7 GB)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/sumo.lock
	@touch $@
