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

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

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
	"$$python" -m venv --clear $(VENV)

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
run: export TUCHUANG_INSTANCE_PATH := $(abspath $(INSTANCE))
run: setup
	@$(BIN)/tuchuang db upgrade
	@exec $(BIN)/tuchuang serve --host "$(HOST)" --port "$(PORT)"

## help: what can be made
.PHONY: help
help:
	@echo "make …"
	@sed -n 's/^## \([a-z-]*\): /\1 /p' $(firstword $(MAKEFILE_LIST)) | \
	  while read -r name text; do printf '  %-14s %s\n' "$$name" "$$text"; done
