# The README's two commands are `make run` and `make test`; both make their own environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: setup run test check format integration test-cluster bench faults kills lock clean help

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# Everything comes from a lock with hashes that names all there is, so nothing is left to resolve (older pips look for an
# extra of a locked package among the newest and then miss its hash); the project itself is put beside it.
$(VENV)/.runtime: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or later is needed; name it with PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed, this is $$($(PYTHON) -V)" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.dev  ## make the environment with everything for tests and checks

run: $(VENV)/.runtime  ## start the service with the bundled drill
	$(BIN)/canhbao run --demo

test: $(VENV)/.dev  ## all tests that need nothing but Python (at most 10 minutes)
	$(PYTEST) -m "not integration" --cov --cov-report=term:skip-covered --cov-fail-under=95

check: $(VENV)/.dev  ## linters and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev  ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

integration: $(VENV)/.dev  ## tests with a real Kafka (Java and Maven fetch it) and other real servers
	$(PYTEST) -m integration

test-cluster: $(VENV)/.dev  ## the tests of log and transport on three Kafka brokers with three copies
	CANHBAO_TEST_BROKERS=3 $(PYTEST) -m integration tests/deploy/kafka tests/integration/test_kafka_log.py tests/integration/test_kafka_transport.py tests/integration/test_kafka_workers.py

# Other projects that this one is compared with, apart from its own environment.
$(VENV)/.bench: requirements-bench.lock $(VENV)/.runtime
	test -x $(VENV)/peers/bin/python || $(BIN)/python -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	@touch $@

bench: $(VENV)/.dev $(VENV)/.bench  ## benchmarks: figures with minimum, median and maximum
	$(BIN)/python -m tests.bench

faults: $(VENV)/.dev  ## a hundred random faults of workers, brokers, network and clocks in one run (at most 15 minutes)
	CANHBAO_FAULTS=100 CANHBAO_FAULTS_SEED=2026 $(PYTEST) tests/faults/test_hundred.py

kills: $(VENV)/.dev  ## kill -9 of the worker at random moments of a replay, twenty times on either transport
	CANHBAO_FAULT_KILLS=20 $(PYTEST) tests/faults/test_kills.py --timeout 1800

lock:  ## renew the locks (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-bench.in -o requirements-bench.lock

clean:  ## remove the environment and caches
	rm -rf $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
