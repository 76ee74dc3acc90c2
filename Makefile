# SPDX-License-Identifier: BSD-3-Clause
# Each target is one script; `make` alone lists them.
SECONDS ?= 60
ARGS ?=
BENCH = .venv/bin/python benchmarks/run.py
# A run in which an output differs has a report as well; one that measured nothing (2) has none.
REPORT = ; status=$$?; [ $$status = 2 ] || .venv/bin/python benchmarks/report.py; exit $$status

.PHONY: help setup demo test bench bench-smoke bench-gate bench-gpu lint tidy parity conformance fuzz asan tsan coverage cross stub clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup:  ## make .venv, build torchfits and install it there
	@scripts/setup

demo: setup  ## read real files, train on them, compare, draw a picture
	@.venv/bin/python examples/demo.py

test:  ## every test: core, core under ASan and UBSan, Python
	@scripts/test

bench: setup  ## benchmarks beside astropy, fitsio and others, and their report
	@$(BENCH) $(ARGS)$(REPORT)

bench-smoke: setup  ## the same with small files, in two minutes
	@$(BENCH) --smoke --rounds 5 --seconds 3 $(ARGS)$(REPORT)

bench-gate:  ## exit with 1 unless the last run shows what it must; ARGS=--readme writes README.md
	@.venv/bin/python benchmarks/report.py --gate $(ARGS)

bench-gpu: setup  ## files to the memory of a GPU, and experiments there; says so where there is none
	@for script in throughput sky byte_order rice_tiles table_columns; do \
	  .venv/bin/python benchmarks/gpu/$$script.py || exit 1; done

lint:  ## formatting, lint and types
	@scripts/lint

tidy:  ## lint and clang-tidy
	@scripts/lint tidy

parity: setup  ## run the pairs beside astropy and fitsio; write docs/parity.md and a page
	@PYTHONPATH=tests .venv/bin/python -m parity

conformance: setup  ## read a folder of files with three readers, tell who is right; ARGS=FOLDER
	@PYTHONPATH=tests .venv/bin/python -m conformance $(ARGS)

fuzz: setup  ## libFuzzer targets, SECONDS each (default 60)
	@SECONDS_EACH=$(SECONDS) scripts/fuzz

asan: setup  ## the core's tests under ASan and UBSan
	@scripts/sanitize asan-ubsan

tsan: setup  ## the core's tests under ThreadSanitizer
	@scripts/sanitize tsan

coverage: setup  ## lines and branches that the tests run, by room, with its gates (minutes)
	@scripts/coverage

cross: setup  ## the core's tests for aarch64, s390x (big-endian) and Windows, in qemu and wine
	@scripts/cross

stub: setup  ## write src/torchfits/_core.pyi anew
	@scripts/make-stub

clean:  ## remove what was built; .venv and benchmark data stay
	rm -rf build dist artifacts .hypothesis .mypy_cache .pytest_cache .ruff_cache .venv/.installed
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
