# Two commands for a stranger: `make demo` and `make test`. Needs Python 3.11 or later, nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CORE := .venv-core
DOCS := .venv-docs

.PHONY: demo test test-fast lint types layers tests core docs pins pictures clean

demo: $(READY)
	$(BIN)/perdure demo demo-study

test: lint types layers tests core

test-fast: $(READY)
	$(BIN)/pytest -n auto -m "not slow"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

tests: $(READY)
	$(BIN)/pytest -n auto

# The core install alone, from a built wheel and without the developers' tools, goes the whole way.
core: $(READY)
	rm -rf $(CORE) dist && $(BIN)/hatchling build -t wheel
	$(PYTHON) -m venv $(CORE)
	$(CORE)/bin/python -m pip install --quiet --require-hashes -r constraints/core.txt
	$(CORE)/bin/python -m pip install --quiet --no-deps dist/perdure-*.whl
	$(CORE)/bin/python -m pip check
	out=$$(mktemp -d) && $(CORE)/bin/perdure demo $$out/demo-study > $$out/said.txt \
	    && test -s $$out/demo-study/report/index.html && rm -rf $$out

$(READY): constraints/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "perdure needs Python 3.11 or later: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r constraints/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# The documentation, to dist/docs/index.html: a warning is an error, and nothing is fetched by its pages.
docs: $(DOCS)/.ready
	PYTHONPATH=src NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --quiet

$(DOCS)/.ready: constraints/docs.txt pyproject.toml
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --require-hashes -r constraints/docs.txt
	touch $@

# Renew the pins (needs uv): versions and hashes, no addresses.
pins:
	uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    --python-version 3.11 pyproject.toml -o constraints/core.txt
	uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    --python-version 3.11 --extra dev --extra digitise --extra references --extra report pyproject.toml -o constraints/dev.txt
	uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	    --python-version 3.11 --extra docs -c constraints/dev.txt pyproject.toml -o constraints/docs.txt

# The README's pictures, from the bundled study, and the documentation's.
pictures: $(READY)
	rm -rf demo-study && $(BIN)/perdure demo demo-study > /dev/null
	mkdir -p docs/images
	cp demo-study/report/figures/curves.SIM-B.PFS.svg docs/images/curves.svg
	cp demo-study/report/figures/forest.PFS.own.drug_class.svg docs/images/forest.svg
	$(BIN)/python docs/figures/median_estimated.py
	$(BIN)/python docs/figures/explanations.py
	PYTHONPATH=tests/support $(BIN)/python docs/figures/pages_run.py

clean:
	rm -rf $(VENV) $(CORE) $(DOCS) dist demo-study
