# Every habit of the project is a target; `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench docs clean lock lint-sql redshift-local chaos

BIN := .venv/bin
# Written when an installation has ended, so that half of one is never taken for a whole one.
STAMP := .venv/.installed
SQL := models snapshots tests/dbt

export TZ := UTC
# Python starts several times in one run: without bytecode on disk each start compiles everything again.
unexport PYTHONDONTWRITEBYTECODE
# uv does not read pip's settings; a company's package index is set for pip as a rule.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX := $(PIP_INDEX_URL)
endif

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

setup: $(STAMP) ## Create the environment in .venv, if it is missing or its pins changed

demo: $(STAMP) ## Make a small synthetic bank, load it, build the marts and show the segments
	@$(BIN)/bankmart demo

test: lint ## Lint, run every test, build the synthetic bank twice
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(STAMP) lint-sql ## Check style, types and secrets, changing nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	$(BIN)/detect-secrets-hook $$(git ls-files --cached --others --exclude-standard)

# The dbt templater compiles the models against an empty warehouse of its own. A model that doesn't compile is only
# skipped by sqlfluff, which is no reason to be content.
lint-sql: $(STAMP)
	@mkdir -p target
	BANKMART_TARGET=dev BANKMART_DUCKDB_PATH=target/lint.duckdb \
		$(BIN)/sqlfluff lint --processes 2 $(SQL) 2>&1 | tee target/lint.log
	@! grep -A2 'fatal exception' target/lint.log

format: $(STAMP) ## Put Python and SQL into the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@mkdir -p target
	BANKMART_TARGET=dev BANKMART_DUCKDB_PATH=target/lint.duckdb $(BIN)/sqlfluff fix $(SQL)

bench: $(STAMP) ## Measure loading and the nightly run beside their peers (BENCH="--rows 1000000" for less)
	@$(BIN)/python -m bench $(BENCH)

chaos: $(STAMP) ## Kill, race, cut and starve loads on both engines, and show that nothing is lost (CHAOS="--kills 50" for less)
	@$(BIN)/python -m tests.chaos $(CHAOS)

redshift-local: $(STAMP) ## Start the Redshift stand-in with an S3 server, and print the variables that point bankmart at it
	@$(BIN)/python -m tests.redshift.local

docs: $(STAMP) ## Write the documentation of models and columns into target/static_index.html
	$(BIN)/dbt --quiet docs generate --static
	@echo "Open target/static_index.html"

clean: ## Remove caches and build products; the environment and the data stay
	rm -rf target logs build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis bench/.cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

lock: $(STAMP) ## Pin requirements/*.txt again, to the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate pyproject.toml -o requirements/core.txt
	$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --extra dev \
		-c requirements/core.txt pyproject.toml -o requirements/dev.txt

$(STAMP): requirements/dev.txt pyproject.toml
	@for python in python3.11 python3 python; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then break; fi; \
		python=""; \
	done; \
	if [ -z "$$python" ]; then echo "bankmart needs Python 3.11 on the PATH, as python3.11 or python3." >&2; exit 1; fi; \
	echo "Setting up .venv with $$("$$python" --version)"; \
	test -x $(BIN)/python || "$$python" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements/dev.txt)"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -r requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@
