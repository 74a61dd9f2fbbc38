# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

REQUIREMENTS := requirements.txt tests/requirements.txt tests/sandbox/requirements.txt
# Lets ansible-test work where its own download cannot be reached; elsewhere ansible-test helps itself.
ANSIBLE_TEST_BOOTSTRAP ?= $(wildcard ../shared/tools/ansible_test_bootstrap.py)

export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help
help: ## show this list
	@echo 'hybrid.photos: what make can do here (all set-up is done when needed)'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## see the main job done on a domain and a tenant on this machine
	@tests/demo/run

.PHONY: test
test: setup-all ## tests and gates, in lanes side by side
	@tests/run

.PHONY: test-long
test-long: setup-all ## more cases in playbooks, recipes, benchmarks as tests; CI runs them after `make test`
	@tests/run --long

.PHONY: unit
unit: setup ## unit tests alone (seconds)
	@python -m pytest tests/unit

# New histories each time; with SEED and COUNT the same ones again.
SEED ?= $(shell date +%s)
COUNT ?= 5000
.PHONY: histories
histories: setup ## random histories of a target, and the promises they must not break (SEED=… COUNT=…)
	@tests/histories/run --from $(SEED) --count $(COUNT)
	@tests/histories/run --graph --from $(SEED) --count $$(($(COUNT) / 20))

.PHONY: gates
gates: setup-all ## linters, sanity, docs, changelog, Galaxy's checks (tests/gates/run NAME for one)
	@tests/gates/run

.PHONY: integration
integration: setup ## integration targets against the sandbox (tests/integration/run NAME for one)
	@tests/integration/run

.PHONY: sandbox
sandbox: setup ## start the domain and the tenant, and leave them running
	@tests/sandbox/sandbox up

.PHONY: sandbox-down
sandbox-down: ## end them
	@tests/sandbox/sandbox down

.PHONY: bench
bench: setup ## benchmarks of docs/benchmarks.md (tests/benchmarks/run NAME for one)
	@tests/benchmarks/run

.PHONY: matrix
matrix: setup ## units and a series of playbooks on other versions of Ansible, Python and the libraries (ten minutes)
	@tests/matrix/run

.PHONY: changelog
changelog: setup ## make CHANGELOG.md again from changelogs/fragments
	@tests/changelog

.PHONY: setup
setup: apt .venv/ready ## Debian packages, .venv, and the photographs of the sandbox's people
	@python -c 'import pathlib, sys; sys.path.insert(0, "tests/sandbox"); import assembly; assembly.Sandbox(pathlib.Path(".sandbox")).prepare()'

.PHONY: setup-all
setup-all: apt-all setup .venv-importer/ready ansible-test ## what the tests and gates need besides

.PHONY: clean
clean: ## end the sandbox, remove what runs leave behind
	@if [[ -x .venv/bin/python && -d .sandbox ]]; then tests/sandbox/sandbox down; fi
	@rm -rf .sandbox* build .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .ansible tests/output

.PHONY: distclean
distclean: clean ## clean, and the virtual environments
	@rm -rf .venv .venv-importer

.PHONY: apt
apt:
	@tests/setup apt tests/sandbox/apt.txt

.PHONY: apt-all
apt-all:
	@tests/setup apt tests/sandbox/apt.txt tests/benchmarks/apt.txt tests/apt.txt

.venv/ready: $(REQUIREMENTS) | apt
	@tests/setup venv .venv $(REQUIREMENTS)
	@touch $@

.venv-importer/ready: tests/requirements-importer.txt | apt
	@tests/setup venv .venv-importer $<
	@touch $@

.PHONY: ansible-test
ansible-test: .venv/ready
	@if [[ -n '$(ANSIBLE_TEST_BOOTSTRAP)' ]]; then tests/setup quietly "$$(mktemp)" python $(ANSIBLE_TEST_BOOTSTRAP); fi
