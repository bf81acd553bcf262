# SPDX-License-Identifier: GPL-3.0-or-later
#
# A small front for Meson. Each target is one thing to do; `make help` lists them.
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
SECONDS ?= 600
SEED ?= 1
JOBS ?= $(shell nproc)

# Debian's Meson and its modules belong to Debian's Python; another one may come first on PATH.
PYTHON := /usr/bin/python3
MESON := $(PYTHON) /usr/bin/meson
C_FILES := git ls-files -z -- '*.c' '*.h'

.DEFAULT_GOAL := build/holdfast
.PHONY: build/holdfast help demo demo-files check check-systemd soak bench install fuzz sanitize \
	sanitize-thread tidy cppcheck format format-check clean

build/holdfast: build/build.ninja ## build into build/
	ninja -C build -j$(JOBS)

build/build.ninja:
	$(MESON) setup build

help: ## this list
	@awk -F ':.*## ' '/^[a-z\/-]+:.*## / { printf "make %-16s %s\n", \
		($$1 == "build/holdfast" ? "" : $$1), $$2 }' Makefile

demo: ## build, then run holdfastd, NSD and Unbound on loopback for half a minute
	@scripts/packages.sh build
	@$(MAKE) --no-print-directory build/holdfast
	@scripts/demo.sh build/src/cli/holdfast build/src/daemon/holdfastd

demo-files: ## build, then sign, verify and damage an example zone file
	@scripts/packages.sh build
	@$(MAKE) --no-print-directory build/holdfast
	@scripts/demo_files.sh build/src/cli/holdfast

check: ## build with warnings as errors and run all tests, then again with sanitizers
	@scripts/packages.sh build check
	@scripts/check.sh $(JOBS)

check-systemd: ## boot systemd in a container and run holdfastd as its service; as root
	@scripts/packages.sh build container
	@$(MAKE) --no-print-directory build/holdfast
	@scripts/systemd_test.sh build build/systemd

soak: build/build.ninja ## random years of rollovers and faults for SECONDS=600, from SEED=1 on
	@scripts/packages.sh build check
	ninja -C build -j$(JOBS) tests/sim/test_years
	build/tests/sim/test_years 1000 $(SEED) $(SECONDS)

bench: ## speed and memory beside the other signers here, and of the daemon, some 50 minutes
	@scripts/packages.sh build check bench
	@$(MAKE) --no-print-directory build/holdfast
	@$(PYTHON) bench/bench.py --build build
	@$(PYTHON) bench/daemon_bench.py --build build

install: build/holdfast ## install; PREFIX=/usr/local, DESTDIR for packagers
	$(MESON) configure build --prefix='$(PREFIX)'
	DESTDIR='$(DESTDIR)' $(MESON) install -C build

fuzz: ## run each fuzzer for FUZZ_SECONDS=60
	@scripts/packages.sh build dev
	@scripts/fuzz.sh build-fuzz $(FUZZ_SECONDS) $(JOBS)

sanitize: ## all tests with the address and undefined sanitizers
	@scripts/packages.sh build check
	@scripts/check.sh $(JOBS) sanitize

sanitize-thread: ## all tests with the thread sanitizer
	@scripts/packages.sh build check
	@scripts/check.sh $(JOBS) thread

tidy: build/holdfast ## clang-tidy
	@scripts/packages.sh dev
	git ls-files -z -- 'src/*.c' | xargs -0 -n 4 -P $(JOBS) clang-tidy --quiet -p build

cppcheck: build/holdfast ## cppcheck
	@scripts/packages.sh dev
	cppcheck --quiet --error-exitcode=1 --inline-suppr -j $(JOBS) \
		--enable=warning,performance,portability --library=posix \
		--suppressions-list=scripts/cppcheck.suppressions \
		--file-filter='src/*' --project=build/compile_commands.json

format: ## let clang-format set the white space
	@scripts/packages.sh dev
	$(C_FILES) | xargs -0 clang-format -i

format-check: ## fail when clang-format would change something
	@scripts/packages.sh dev
	$(C_FILES) | xargs -0 clang-format --dry-run -Werror

clean: ## remove the build folders
	rm -rf build build-check build-sanitize build-thread build-fuzz
