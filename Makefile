# Everything below makes .venv and installs the pinned requirements by itself: Python 3.11 and make are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet
PYTEST := $(BIN)/python -m pytest
# Extra words for the command, as in: make test ARGS="-k campaigns", make up ARGS="--port 9000"
ARGS ?=

CHECKS := style types imports sizes repository migrations

.DEFAULT_GOAL := help
.PHONY: help up install test diffusion pictures soak test-real bench check fmt docs lock clean $(CHECKS:%=check-%)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: .venv/.runtime ## run everything on this machine: web, workers and scheduler
	@$(BIN)/python tools/ensure_program.py chromium >/dev/null || \
		echo "There is no Chromium for pictures of web pages (docs/image-models.md). Everything else works without it."
	@$(BIN)/nightdesk up $(ARGS)

install: .venv/.dev ## make .venv with everything a developer needs

test: .venv/.dev ## run the tests, what touches the database on SQLite and on PostgreSQL
	@$(BIN)/python tools/ensure_program.py chromium
	@$(MAKE) --no-print-directory .venv/.diffusion 2>/dev/null || \
		echo "PyTorch's build without CUDA cannot be had here (requirements/torch.txt): tests of diffusion models are skipped."
	@$(if $(ARGS),$(PYTEST) $(ARGS),$(BIN)/python tools/run_tests.py)

diffusion: .venv/.diffusion ## install what diffusion models need, with PyTorch for the processor (docs/image-models.md)

pictures: .venv/.test ## take the pictures of the documents again
	@$(BIN)/python tools/ensure_program.py chromium
	@$(PYTEST) -m pictures $(ARGS)

soak: .venv/.test ## run long faults and loads
	@$(PYTEST) -m soak $(ARGS)

test-real: .venv/.test ## run the tests against real RabbitMQ, WordPress (Debian, as root), Ghost and PDS (npm, 1.4 GB)
	@$(BIN)/python tools/ensure_program.py rabbitmq
	@$(BIN)/python tools/ensure_program.py wordpress
	@$(BIN)/python tools/ensure_node_server.py ghost || echo "Tests that need a real Ghost are skipped."
	@$(BIN)/python tools/ensure_node_server.py pds || echo "Tests that need Bluesky's real server are skipped."
	@$(PYTEST) -m real_server $(ARGS)

bench: .venv/.bench ## print every figure, with its peers measured in the same run
	@$(BIN)/python -m benchmarks $(ARGS)

check: $(CHECKS:%=check-%) ## style, types, imports, sizes, migrations; make -k check runs all in spite of failures

check-style: .venv/.dev
	@$(BIN)/ruff check --output-format=concise .
	@$(BIN)/ruff format --check .

# The type checker and Django's own checks load the settings: they get a data folder of their own.
check-types check-migrations: export NIGHTDESK_DATA_DIR = $(CURDIR)/.mypy_cache/data
check-types: .venv/.dev
	@$(BIN)/mypy

check-imports: .venv/.dev
	@$(BIN)/lint-imports --no-logo

check-sizes: .venv/.dev
	@$(BIN)/python tools/size_gate.py

check-repository: .venv/.dev
	@$(BIN)/python tools/repository_gate.py

check-migrations: .venv/.dev
	@$(BIN)/python manage.py makemigrations --check --dry-run

fmt: .venv/.dev ## format the code and fix what can be fixed
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

docs: .venv/.runtime ## draw the generated pages again
	@$(BIN)/python -m nightdesk.config.settings_page > docs/reference/settings.md.new
	@mv docs/reference/settings.md.new docs/reference/settings.md

# --universal: one file for Linux, macOS and Windows; no address of any index is written.
COMPILE = $(BIN)/uv pip compile --quiet --no-config --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --universal --python-version 3.11
lock: .venv/.dev ## compile requirements/*.in into *.txt; ARGS=--upgrade takes newer versions
	@cd requirements && ../$(COMPILE) $(ARGS) runtime.in --output-file runtime.txt
	@cd requirements && for extra in anymail parquet; do \
		../$(COMPILE) $(ARGS) --constraint runtime.txt $$extra.in --output-file $$extra.txt || exit 1; done
	@cd requirements && for topic in test dev bench; do \
		../$(COMPILE) $(ARGS) $$topic.in --output-file $$topic.txt || exit 1; done
	@cd requirements && ../$(COMPILE) $(ARGS) --no-deps people.in --output-file people.txt
	@cd requirements && ../$(COMPILE) $(ARGS) --excludes diffusion-without.txt --no-emit-package torch diffusion.in \
		--output-file diffusion.txt

clean: ## remove what make made, but never the data folder
	rm -rf .venv build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# ---- set-up: a stamp file for each set of requirements, newer than what it was made from

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Nightdesk needs Python 3.11 or newer: make PYTHON=...")'
	@$(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment (Debian: apt-get install python3-venv)." >&2; rm -rf .venv; exit 1; }
	@touch $@

.venv/.runtime: .venv/.made requirements/runtime.txt requirements/people.txt pyproject.toml
	@echo "installing what Nightdesk needs to run ..."
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-deps --require-hashes --only-binary :all: -r requirements/people.txt \
		|| echo "There are no small models of people for this system (docs/images.md): faces are matched by their eyes alone."
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.test: .venv/.runtime requirements/test.txt
	@echo "installing what the tests need ..."
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

.venv/.diffusion: .venv/.test requirements/torch.txt requirements/diffusion.txt
	@echo "installing what diffusion models need ..."
	@$(PIP) --require-hashes -r requirements/torch.txt -r requirements/diffusion.txt
	@touch $@

.venv/.dev: .venv/.test requirements/dev.txt
	@echo "installing what developers need ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.bench: .venv/.test requirements/bench.txt
	@echo "installing the peers to measure against ..."
	@$(PIP) --require-hashes -r requirements/bench.txt
	@touch $@
