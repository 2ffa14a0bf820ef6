# Two commands for a newcomer: `make run` and `make test`. Both set up all that they need.

# Python 3.11; `make PYTHON=...` takes another one.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test lint unit models clean

run: $(READY)
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	# One process with threads, which takes slow senders, and sweeps what has expired.
	$(BIN)/python manage.py serve --port $(PORT)

test: lint unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy detector/inference
	$(BIN)/lint-imports

# One thread a library: on small data the threads of PyTorch and scikit-learn mostly wait for one another.
unit: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q

# The public checkpoints of method 4, about 600 MB; optional, and the only step that goes to the hub.
models: $(READY)
	$(BIN)/python manage.py fetch_models

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and \
		"Python 3.11 is needed, this is " + sys.version.split()[0] + "; say make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --requirement requirements.txt
	touch $@

clean:
	rm -rf $(VENV)
