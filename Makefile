# Two commands for a newcomer: `make run` and `make test`. Both set up all that they need.

# The first Python of these that is there and starts; `make PYTHON=...` takes another one.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3.14 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# The locks are complete and Python compiles what it imports, so pip need not search and compile all.
INSTALL := $(BIN)/python -m pip install --quiet --require-hashes --no-deps --no-compile --disable-pip-version-check
# What was installed: serving alone, or everything.
SERVE := $(VENV)/.serve
ALL := $(VENV)/.all
GROUPS := serve scale ray train test lint
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
	--custom-compile-command 'make lock'

# Else every process of the tests would compile all sources anew; images of containers often set it.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test quick lint types unit scale ray training models messages audit licences sbom format lock clean

help:  ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

run: $(SERVE)  ## Serve the site at http://127.0.0.1:8000 (PORT=...)
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	# One process with threads, which takes slow senders, and sweeps what has expired.
	$(BIN)/python manage.py serve --port $(PORT)

test: lint types unit  ## Everything: lint, types, all tests, those in a browser too

# One thread a library: on small data the threads of PyTorch and scikit-learn mostly wait for one another.
# Logical cores: "auto" counts physical ones, which is one on a machine with two. Each process takes 1 GB.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --maxprocesses 8
unit: $(ALL)
	$(PYTEST)

quick: lint types  ## Lint, types and the fast tests that need neither torch nor a browser
	# The plug-in that tries the API takes seconds to import, and all of its tests are slow.
	$(PYTEST) -p no:schemathesis -m "not slow and not torch and not browser"

lint: $(ALL)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/typos
	$(BIN)/lint-imports

types: $(ALL)
	$(BIN)/mypy

scale: $(SERVE)  ## Install what PostgreSQL, S3, Celery and Parquet need, beside serving
	$(INSTALL) --requirement locks/scale.txt

ray: $(SERVE)  ## Install what `manage.py scan --engine ray` needs, beside serving
	$(INSTALL) --requirement locks/ray.txt

training: $(ALL)  ## Install what training, fine-tuning and `make models` need

# About 600 MB; optional, and the only step that goes to the Hugging Face hub.
models: $(ALL)  ## Download and convert the public checkpoints of method 4
	$(BIN)/python manage.py fetch_models

# Asks PyPI for known vulnerabilities: the only one of the three that needs the network. Strict, for
# a package of which a mirror knows nothing would else count as clean.
audit: $(ALL)  ## Look up the packages of the locks among known vulnerabilities (PyPI)
	@for group in serve scale; do $(BIN)/pip-audit --strict --require-hashes --disable-pip \
		--requirement locks/$$group.txt || { echo "make audit: locks/$$group.txt is not known to be clean:" \
		"a package is vulnerable, or PyPI did not answer for all of them." >&2; exit 1; }; done

licences: $(ALL)  ## List the licences of all installed packages in .local/licences.csv
	mkdir -p .local
	$(BIN)/pip-licenses --format=csv --with-urls --order=license --output-file .local/licences.csv

sbom: $(ALL)  ## Write the components of serving, with their hashes, as CycloneDX into .local/sbom.cdx.json
	mkdir -p .local
	$(BIN)/cyclonedx-py requirements --output-reproducible -o .local/sbom.cdx.json locks/serve.txt

# Needs GNU gettext (msgmerge, msgfmt, xgettext).
messages: $(ALL)  ## Collect the texts to translate, and compile their translations
	$(BIN)/python manage.py messages

format: $(ALL)  ## Put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The groups are resolved together, so that every lock has the same versions.
lock: $(ALL)  ## Compile requirements.txt and locks/ from pyproject.toml
	$(COMPILE) $(GROUPS:%=--group %) --output-file locks/.together.txt
	for group in $(GROUPS); do $(COMPILE) --group $$group --generate-hashes \
		--constraint locks/.together.txt --output-file locks/$$group.txt || exit 1; done
	rm locks/.together.txt
	$(COMPILE) $(GROUPS:%=--group %) --no-deps | sed 's/^torch==/torch===/' > requirements.txt

$(VENV)/bin/python:
	@$(if $(PYTHON),,echo "Python 3.11, 3.12, 3.13 or 3.14 is needed; say make PYTHON=python3.12"; exit 1)
	$(PYTHON) -m venv $(VENV)

$(SERVE): locks/serve.txt | $(VENV)/bin/python
	$(INSTALL) --requirement locks/serve.txt
	touch $@

$(ALL): $(GROUPS:%=locks/%.txt) | $(VENV)/bin/python
	$(INSTALL) $(GROUPS:%=--requirement locks/%.txt)
	touch $@ $(SERVE)

clean:  ## Remove caches and collected files; the environment and the data stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .local/static
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
