# `make run` tries the portal out; `make test` is what CI checks. See CONTRIBUTING.md.
.DEFAULT_GOAL := help
.PHONY: help run setup test fuzz bench lock

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

run: setup ## try it: a pretend Rootly, demo accounts and the portal, in one process tree
	@exec .venv/bin/python -m incidentportal.portal.demo

setup: ## .venv with everything that running needs, from the lock; static files collected
	@sh .ci/setup run

test: ## everything that CI checks and this machine can run
	@sh .ci/setup run test lint
	@exec .venv/bin/python .ci/suite.py

fuzz: ## 10,000 generated requests to every address; FUZZ_REQUESTS=n sends others
	@sh .ci/setup run test
	@FUZZ_REQUESTS=$${FUZZ_REQUESTS:-10000} exec .venv/bin/pytest -n 0 -q tests/portal/test_fuzz.py

bench: ## the figures of benchmarks/
	@sh .ci/setup run test
	@exec .venv/bin/python benchmarks/run.py

lock: ## make the locks anew from pyproject.toml; ARGS=--upgrade takes newer versions
	@sh .ci/lock $(ARGS)
