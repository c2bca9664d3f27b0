# The commands of the house. The first one makes .venv; nothing is installed outside this folder.
.PHONY: demo up empty scenarios webhook test campaign bench lint lock run-ready dev-ready
VENV := .venv/bin
PROBE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c '$(PROBE)' >/dev/null 2>&1 && { echo $$p; break; }; done)
NO_PYTHON := cosell needs Python 3.11, 3.12 or 3.13 (with its venv module) on the PATH, and found none.

demo: run-ready          ## a scenario through real Airflow and both simulated systems; ends by itself
	@$(VENV)/python -m local demo

up: run-ready            ## the same, left running with the Airflow UI until Ctrl-C
	@$(VENV)/python -m local up

empty: run-ready         ## the same as it is just installed: an empty CRM, nobody signed in, nothing entered
	@$(VENV)/python -m local empty

scenarios: run-ready     ## both scenarios of the guide, step by step, on the simulated systems
	@$(VENV)/python -m local scenarios

webhook: run-ready       ## the receiver of Partner Center's events, until Ctrl-C (docs/webhook.md)
	@$(VENV)/python -m cosell.webhook

test: lint               ## everything that a change must pass, in minutes
	$(VENV)/python -m pytest -m "not campaign" -n logical --dist worksteal

campaign: dev-ready      ## what takes longer: kills, the newcomer's walk
	$(VENV)/python -m pytest -m campaign

bench: dev-ready         ## speed, beside its floor or peer
	$(VENV)/python -m bench

lint: dev-ready
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/lint-imports
	$(VENV)/mypy

lock: dev-ready          ## compile both lock files from what we ask for
	$(VENV)/uv pip compile requirements.in --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
		--no-emit-index-url --no-emit-find-links -o requirements.txt
	$(VENV)/uv pip compile requirements-dev.in --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
		--no-emit-index-url --no-emit-find-links -o requirements-dev.txt

run-ready:
	@test -n "$(PYTHON)" || { echo "$(NO_PYTHON)"; exit 1; }
	@$(PYTHON) local/install.py run

dev-ready:
	@test -n "$(PYTHON)" || { echo "$(NO_PYTHON)"; exit 1; }
	@$(PYTHON) local/install.py dev
