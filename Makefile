# Everything a newcomer or CI needs; each target sets up .venv first (from PyPI, once, quietly).
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST_ARGS ?= -n 2 --dist loadfile
# rclpy from PyPI, but never beside a sourced ROS distribution.
EXTRAS ?= test,check,bags$(if $(ROS_DISTRO),,$(comma)ros)
comma := ,
# One thread per process: two test workers share two cores.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
# The wheels' ament index, where no distribution is sourced.
ifeq ($(ROS_DISTRO),)
export AMENT_PREFIX_PATH := $(abspath $(VENV))
endif

.PHONY: help setup demo test check bench bench-ros results vppp clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 11

setup: $(STAMP)  ## .venv with the package (editable), its tests' and checks' tools

$(STAMP): setup.py package.xml constraints.txt Makefile
	@set -e; if [ ! -x $(BIN)/python ]; then \
	  suits='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'; \
	  for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.10); do \
	    if $$python -c "$$suits" 2>/dev/null; then found=$$python; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then echo 'make: $(if $(PYTHON),$(PYTHON) is no,no) Python 3.10 or later with venv (Debian: apt install python3-venv)' >&2; exit 1; fi; \
	  echo "setting up $(VENV) with $$($$found --version)"; \
	  $$found -m venv $(VENV); \
	fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

demo: $(STAMP)  ## a simulated tractor: 25 s live through ROS (bag, report), then two minutes against the truth
	$(BIN)/gnss_gyro demo --output demo_output

test: check  ## everything CI checks: lint, types, tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(STAMP)  ## lint and types
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary

bench: $(STAMP)  ## speed of everything, beside rnx2rtkp where it is installed: a table, speed.json, plots (HOURS=24 for memory)
	$(BIN)/python bench/bench_speed.py --output results_output --hours $(or $(HOURS),0)

bench-ros: $(STAMP)  ## 2, 4, 8 simulated receivers through ROS: frames lost, latency, CPU, memory (SECONDS=60 each)
	$(BIN)/python bench/bench_ros.py --seconds $(or $(SECONDS),60)

results: $(STAMP)  ## the tables of docs/results.md from the real recordings (rnx2rtkp beside them where it is installed)
	$(BIN)/python bench/results.py --output results_output

vppp: $(STAMP)  ## the position of the array on the real recordings: windows, rnx2rtkp beside them, error budget
	$(BIN)/python bench/vppp.py --output results_output

clean:  ## all that was made here, .venv included
	rm -rf $(VENV) build dist install log *.egg-info demo_output results_output .coverage* htmlcov
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
