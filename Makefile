# enlace: `make demo` shows it, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test hostile fuzz check bench soak

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## make the virtual environment from the lock file

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "enlace needs Python 3.11 or newer; $(PYTHON) is older. Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@command -v gpg >/dev/null \
		|| { echo "enlace needs GnuPG: install it (Debian: apt install gnupg) and try again." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: install ## the whole story on this machine (KEEP=1 leaves it running)
	@$(BIN)/enlace demo $(if $(KEEP),--keep)

test: install ## the tests, against real servers on loopback
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

hostile: install ## of the tests, the named attacks of a lying homeserver
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/hostile

fuzz: install ## the readers of foreign text, guided by coverage (SECONDS=60 for each)
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60)

check: install ## style, types, floors, texts and docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/house

bench: install ## how fast, beside the homeserver's own floor
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.directory
	$(BIN)/python -m tests.bench.reach

soak: install ## 200 kills while 1,000 copies go out; the figures go into docs/soak.md (slow)
	$(BIN)/python -m tests.faults.soak
