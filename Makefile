# `make` lists what there is. Everything runs in .venv, which the first target that needs it creates.

PYTHON ?= $(shell command -v python3.11 >/dev/null 2>&1 && python3.11 -c '' 2>/dev/null && echo python3.11 || echo python3)
BIN := .venv/bin
SIZE ?= 500
DEVELOPMENT := DATABASE_POOL_MAX=0 SELFBOOK_ENV=development SECRET_KEY=only-for-commands-that-serve-nobody
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo rehearsal test conformance soak bench lint format static lock migrations docs hazards pictures clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

.venv/installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' \
	  || { echo 'Selfbook needs Python 3.11. Name it with: make PYTHON=/path/to/python3.11 …'; exit 1; }
	@echo 'Installing (the first time takes a minute or two)…'
	@$(PYTHON) -m venv .venv || { echo 'Python cannot make a virtual environment: install its venv part (Debian: python3.11-venv).'; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
	@touch $@

static: .venv/installed ## Fetch the NHS.UK design system and collect static files
	@$(DEVELOPMENT) $(BIN)/python manage.py build_static

demo: static ## Run the whole product here with made-up people, until Ctrl-C
	@$(DEVELOPMENT) $(BIN)/python manage.py demo

rehearsal: static ## Run a whole batch by itself with robot patients (SIZE=500) and check the books
	@$(DEVELOPMENT) $(BIN)/python manage.py rehearse $(SIZE)

test: static ## Run every test, in parallel, in a real browser too (EXAMPLES=10 for more made-up examples)
	@$(BIN)/python -m pytest -n 4 --dist loadgroup

.venv/conformance: .venv/installed requirements-conformance.txt
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-conformance.txt
	@touch $@

conformance: static .venv/conformance ## Hold adapters and stand-ins to published specifications, by oracles that are not ours
	@$(BIN)/python -m pytest -n 2 -o python_files='conform_*.py' tests/conformance

soak: static ## Break everything, again and again, while thousands of texts go (SOAK_TEXTS=5000, SOAK_MISHAPS=60)
	@$(BIN)/python -m pytest -s $(addprefix tests/resilience/,crash/soak_crashes.py crash/soak_two_releases.py storm/soak_storm.py aborts/soak_aborts.py aborts/soak_redelivery.py)

bench: .venv/installed ## Measure checking, storing and sending beside yardsticks, and fuzz the reader (15 minutes)
	@$(BIN)/python -m bench

lint: static ## Check format, style, types, imports, templates, settings and migrations
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint templates integrations/sandbox
	@SELFBOOK_ENV=test SECRET_KEY=types $(BIN)/mypy .
	@$(BIN)/python -m tests.production_check
	@$(BIN)/python -m tests.hazards --check
	@$(DEVELOPMENT) $(BIN)/python manage.py makemigrations --check --dry-run

format: .venv/installed ## Put the code in order
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: .venv/installed ## Write the lock files from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --quiet --output-file requirements.txt
	@$(BIN)/uv pip compile pyproject.toml --group dev --extra tracing --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --quiet --output-file requirements-dev.txt
	@$(BIN)/uv pip compile pyproject.toml --extra tracing --constraint requirements.txt --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --quiet --output-file requirements-tracing.txt
	@$(BIN)/uv pip compile --group conformance --constraint requirements-dev.txt --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --quiet --output-file requirements-conformance.txt

migrations: .venv/installed ## Write migrations for changed models
	@$(DEVELOPMENT) $(BIN)/python manage.py makemigrations

docs: .venv/installed ## Write the documents that are made from the code
	@$(DEVELOPMENT) $(BIN)/python manage.py describe_settings > docs/settings.md

hazards: .venv/installed ## Write the hazard log from its data and the tests' marks; fails where a hazard has no proof
	@$(BIN)/python -m tests.hazards

pictures: static ## Take a picture of each main page at three widths, into docs/pictures
	@$(DEVELOPMENT) $(BIN)/python manage.py shell --no-imports --command 'from tests.pictures import main; main()'

clean: ## Throw away what was built, and the demo's data
	rm -rf .venv build node_modules .selfbook
