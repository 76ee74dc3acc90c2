# SPDX-License-Identifier: BSD-3-Clause
# Each target is one script; `make` alone lists them.
SECONDS ?= 60
ARGS ?=

.PHONY: help setup demo test bench bench-gpu lint tidy fuzz asan tsan stub clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup:  ## make .venv, build torchfits and install it there
	@scripts/setup

demo: setup  ## read real files, train on them, compare, draw a picture
	@.venv/bin/python examples/demo.py

test:  ## every test: core, core under ASan and UBSan, Python
	@scripts/test

bench: setup  ## benchmarks beside astropy, fitsio and others
	@.venv/bin/python benchmarks/run.py $(ARGS)

bench-gpu: setup  ## files to the memory of a GPU; says so where there is none
	@.venv/bin/python benchmarks/gpu/throughput.py $(ARGS)

lint:  ## formatting, lint and types
	@scripts/lint

tidy:  ## lint and clang-tidy
	@scripts/lint tidy

fuzz: setup  ## libFuzzer targets, SECONDS each (default 60)
	@SECONDS_EACH=$(SECONDS) scripts/fuzz

asan: setup  ## the core's tests under ASan and UBSan
	@scripts/sanitize asan-ubsan

tsan: setup  ## the core's tests under ThreadSanitizer
	@scripts/sanitize tsan

stub: setup  ## write src/torchfits/_core.pyi anew
	@scripts/make-stub

clean:  ## remove what was built; .venv and benchmark data stay
	rm -rf build dist artifacts .hypothesis .mypy_cache .pytest_cache .ruff_cache .venv/.installed
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
