# Everything that is done with a clone. `make help` lists it.
#
# PYTHON=python3.12 make test    another interpreter; with VENV=some/where beside the first

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Two of pip's -q: errors only, no notes about the machine's own indexes.
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

# What `make test` leaves to `make test-all`: docs/decisions/0062 says by which rule.
SLOWEST := load or fault or framework or again or fuzz
# And the boxes of a real systemd: the package in them has a Python of its own.
QUICK := --ignore=tests/systemd -m "not ($(SLOWEST))"

# Most tests wait for a server most of the time, those that make a fault too: it is the fault of one server. What
# counts the requests that are lost under load keeps a CPU busy. What says how long a client may wait, which nobody
# can promise beside others, has the machine for itself.
AT_ONCE ?= -n 4 --dist worksteal
TWO_AT_ONCE := -n 2 --dist worksteal

# What failed is asked again by itself: once if it had much company, else three times in a row. All is to be read
# in the output.
ONCE_MORE := $(BIN)/python -m tests.again 1
THREE_TIMES_MORE := $(BIN)/python -m tests.again 3

# A copy of the sources with the compiled modules beside them, and of what tests look at.
COMPILED := build/compiled
BESIDE := tests docs etc systemd pyproject.toml Makefile README.md CHANGELOG.md LICENSE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-all test-quick test-unit lint types layers format bench slow-clients reliability restarts compiled test-compiled choosing matrix fuzz generated install deb lock clean

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: $(VENV)/.run  ## serve the demo application on http://127.0.0.1:8000 (Ctrl-C stops it)
	@exec $(BIN)/wsgid --config etc/wsgid/demo.toml

test: lint types layers test-quick  ## everything but load, faults, frameworks, fuzzing, the real systemd and what is done again: before each commit

test-all: lint types layers $(VENV)/.test  ## everything: before an issue is called done
	HYPOTHESIS_EXAMPLES=100 $(ONCE_MORE) $(AT_ONCE) -m "not load"
	$(THREE_TIMES_MORE) $(TWO_AT_ONCE) -m "load and not alone"
	$(THREE_TIMES_MORE) -m alone

test-quick: $(VENV)/.test  ## the tests of `make test`, without its lint, types and layers
	$(ONCE_MORE) $(AT_ONCE) $(QUICK)

test-unit: $(VENV)/.test  ## between two keystrokes
	$(BIN)/pytest -q -m "not slow" tests/unit

lint: $(VENV)/.lint  ## ruff: rules and form
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.lint $(VENV)/.test  ## mypy --strict
	$(BIN)/mypy

layers: $(VENV)/.lint $(VENV)/.run  ## import-linter: who may import whom
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.lint  ## let ruff put the source in form
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

bench: $(VENV)/.bench $(COMPILED)/.made  ## the cost of a request, against peers and the floor; writes docs/explanation/performance.md
	$(BIN)/python -m tests.bench $(foreach option,SECTIONS SCENARIOS CONTESTANTS ROUNDS SECONDS,$(if $($(option)),--$(shell echo $(option) | tr A-Z a-z) $($(option))))

compiled: $(COMPILED)/.made  ## the modules that each request goes through as C, in build/compiled: a sixth to a quarter less CPU a request

test-compiled: $(COMPILED)/.made $(VENV)/.test  ## the tests of `make test` against the compiled build
	@cp -r $(BESIDE) $(COMPILED)
	cd $(COMPILED) && PYTHONPATH=$(CURDIR)/$(COMPILED) $(abspath $(BIN))/python -m pytest $(AT_ONCE) $(QUICK)

reliability: $(VENV)/.test  ## requests lost by what happens to a server, beside gunicorn; writes docs/explanation/reliability.md
	$(BIN)/python -m tests.load.table $(TIMES)

fuzz: $(VENV)/.test  ## invent input for what reads octets, for ten minutes (SECONDS=600)
	$(BIN)/python -m tests.fuzz $(SECONDS)

choosing: $(VENV)/.test $(VENV)/.bench  ## what each kind of worker is for, with PostgreSQL; writes the tables of docs/explanation/workers.md
	$(BIN)/python -m tests.bench.choosing

matrix: $(VENV)/.test  ## which worker serves which framework and keeps which promise; writes docs/reference/promises.md, frameworks.md
	$(BIN)/python -m tests.matrix

restarts: $(VENV)/.test  ## the requests that restarts and upgrades cost under systemd; writes docs/explanation/reliability.md, too
	$(BIN)/python -m tests.systemd.table $(TIMES)

slow-clients: $(VENV)/.bench  ## a normal client beside 2,000 slow ones, at peers too; writes docs/explanation/slow-clients.md
	$(BIN)/python -m tests.load.beside

generated: $(VENV)/.test  ## write what the code knows better: the table of options, parts of the documents, completion
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.completion

install:  ## put it where a distribution would, below PREFIX (/usr/local) and DESTDIR
	@DESTDIR="$(DESTDIR)" PREFIX="$(or $(PREFIX),/usr/local)" systemd/package/install
	@$(if $(DESTDIR),,echo "installed; then, as root: systemd-sysusers && systemctl daemon-reload")

deb:  ## dist/wsgid_VERSION_ARCHITECTURE.deb, for this Debian or Ubuntu
	@systemd/package/deb dist

lock:  ## the versions and hashes that install and deb take: anew
	@systemd/package/lock

clean:  ## take away what the other commands made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The files below are stamps: what they stand for is installed, and newer than pyproject.toml.

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { echo "wsgid needs Python 3.10 or later, and there is no $(PYTHON): apt install python3 python3-venv, or make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "wsgid needs Python 3.10 or later, and $(PYTHON) is older, or does not run: make PYTHON=/path/to/a/newer/python" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: apt install python3-venv" >&2; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made pyproject.toml
	@echo "installing wsgid into $(VENV)"
	@$(PIP) install --editable .
	@touch $@

# A group of pyproject.toml; pip knows these since 25.1.
$(VENV)/.pip: $(VENV)/.made
	@$(PIP) install "pip>=25.1"
	@touch $@

$(VENV)/.lint: $(VENV)/.pip $(VENV)/.run
	@echo "installing what lints into $(VENV)"
	@$(PIP) install --group lint
	@touch $@

$(VENV)/.test: $(VENV)/.pip $(VENV)/.run
	@echo "installing what tests into $(VENV)"
	@$(PIP) install --group test
	@touch $@

# By the interpreter of VENV, and for its minor version. A source that is newer is compiled again.
$(COMPILED)/.made: $(VENV)/.lint systemd/package/compile.py $(shell find wsgid -name '*.py')
	@rm -rf $(COMPILED)
	@mkdir -p $(COMPILED)
	@cp -r wsgid $(COMPILED)
	@echo "compiling into $(COMPILED), which takes a minute or two"
	@$(BIN)/python systemd/package/compile.py $(COMPILED)
	@touch $@

# Peers that must be compiled: where that fails, the bench says so and goes on.
$(VENV)/.bench: $(VENV)/.pip $(VENV)/.run
	@command -v wrk >/dev/null && command -v taskset >/dev/null && command -v cc >/dev/null || { echo "the bench needs wrk, taskset and a C compiler: apt install wrk util-linux gcc libc6-dev" >&2; exit 1; }
	@echo "installing the bench's peers into $(VENV)"
	@$(PIP) install --group bench
	@$(PIP) install --group bench-c >$(VENV)/bench-c.log 2>&1 || echo "fastwsgi and uwsgi are left out: they could not be built (apt install python3-dev gcc; see $(VENV)/bench-c.log)"
	@$(PIP) install --group bench-bjoern >$(VENV)/bjoern.log 2>&1 || echo "bjoern is left out: it could not be built (apt install libev-dev python3-dev gcc; see $(VENV)/bjoern.log)"
	@touch $@
