# `make help` lists what there is. Everything runs in .venv, which the first command makes from the hashed locks.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
PROTOS := $(shell find proto -name '*.proto')
LOCK := .venv/bin/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

up: .venv/.locked  ## Start everything here: prints the URL, the sample sign-in and a token; Ctrl+C stops it
	@exec .venv/bin/rowhouse up

test: .venv/.locked  ## Run all tests on a real Postgres and the real installation
	$(PYTHON) -m pytest -q -n auto --dist loadfile $(TESTS)

soak: .venv/.locked  ## Run the property tests with 10,000 examples each
	ROWHOUSE_EXAMPLES=10000 $(PYTHON) -m pytest -q --hypothesis-show-statistics -m soak tests

check: .venv/.locked  ## Check statically: style, types, who may import whom, generated files
	.venv/bin/ruff check -q
	.venv/bin/ruff format -q --check
	.venv/bin/mypy --no-error-summary
	.venv/bin/lint-imports --no-logo
	$(PYTHON) -m pytest -q tests/test_generated.py tests/gateway/test_openapi.py

bench: .venv/.locked  ## Measure start, memory, sign-up, import and first page (keep the machine quiet)
	$(PYTHON) -m loadtests

mutants: .venv/.locked  ## Break the code in known ways and see that the tests notice
	$(PYTHON) mutants/run.py $(MUTANTS)

proto: .venv/.locked  ## Generate the Python beside each .proto
	PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTHON) -m grpc_tools.protoc -I proto --python_out=proto --mypy_out=proto --grpc_python_out=proto \
		--mypy_grpc_out=only_async:proto $(PROTOS)

openapi: .venv/.locked  ## Write openapi.json, and what it says of the operations of shape
	$(PYTHON) -m scripts.openapi

lock:  ## Pin every dependency anew, with hashes (UPGRADE=-U for the newest)
	$(LOCK) $(UPGRADE) --all-extras --group dev -o requirements-dev.lock
	$(LOCK) -c requirements-dev.lock -o requirements.lock

help:  ## List the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

.venv/.locked: requirements-dev.lock requirements-uv.lock pyproject.toml
	@python3 -c 'import ensurepip' || { echo "Python's venv is missing: apt install python3-venv" >&2; exit 1; }
	@test -x .venv/bin/uv || { python3 -m venv .venv && .venv/bin/pip install -q --require-hashes -r requirements-uv.lock; }
	@.venv/bin/uv pip sync -q --require-hashes --no-build --compile-bytecode --python $(PYTHON) requirements-dev.lock
	@# The sync removes this one: always after it.
	@.venv/bin/uv pip install -q --no-deps --no-build-isolation --python $(PYTHON) -e .
	@touch $@

.PHONY: up test soak check bench mutants proto openapi lock help
