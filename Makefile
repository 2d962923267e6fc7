# Tongchou: `make demo` shows it at work, `make test` runs every test. Needs python3 (3.11 or newer), pip and make.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help demo test check serve migrate bench races machine format lock clean

help:            ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/'

# The versions of locks/*.txt, checked by their hashes; where an index lacks one of them, whatever pyproject.toml allows.
# Installed again only when one of the files changes; the stamp is written last, so a broken install is repeated.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

$(VENV)/installed: pyproject.toml locks/service.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r locks/service.txt || $(PIP) install '.[oidc,postgres,telemetry]'
	$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml locks/dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r locks/dev.txt || $(PIP) install '.[dev]'
	$(PIP) install --no-deps --editable .
	@touch $@ $(VENV)/installed

demo: $(VENV)/installed       ## install, migrate, load Zhuzhou of January 2020, compute and print a plan, serve the pages
	$(BIN)/tongchou demo --port $(PORT)

# mypy, which uses one core, works beside the tests.
test: $(VENV)/installed-dev   ## format, lint, types, architecture, and every test on SQLite and PostgreSQL
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy & types=$$!; $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder && wait $$types

check: $(VENV)/installed-dev  ## the quick part of the tests: format, lint, types, architecture, SQLite only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	TONGCHOU_TEST_DATABASES=sqlite $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m 'not browser'

serve: $(VENV)/installed      ## serve what TONGCHOU_DATABASE_URL holds
	$(BIN)/tongchou serve --port $(PORT)

migrate: $(VENV)/installed    ## bring the database to the newest revision
	$(BIN)/tongchou migrate

bench: $(VENV)/installed-dev  ## measure the solver beside plain PuLP and raw HiGHS
	$(BIN)/python -m benchmarks

races: $(VENV)/installed-dev  ## writers, approvals and kills against each other, long: 64 writers, 1,000 rounds, 200 kills a database
	TONGCHOU_WRITERS=64 TONGCHOU_RACE_ROUNDS=1000 TONGCHOU_KILLS=200 $(BIN)/pytest -n0 -s tests/reliability

machine: $(VENV)/installed-dev ## random lives of the city, 20,000 steps, invariants looked at after each
	TONGCHOU_MACHINE_STEPS=20000 $(BIN)/pytest -n0 -s tests/machine

format: $(VENV)/installed-dev ## format and mend what can be mended by machine
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --custom-compile-command "make lock" pyproject.toml

lock: $(VENV)/installed-dev   ## write locks/*.txt anew: the newest versions that pyproject.toml allows
	$(PIP) install uv
	$(UV_COMPILE) --extra oidc --extra postgres --extra telemetry -o locks/service.txt
	$(UV_COMPILE) --extra dev -o locks/dev.txt

clean:           ## remove what was installed and what the demo wrote
	rm -rf $(VENV) var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
