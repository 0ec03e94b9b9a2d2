# make quick | make test | make demo [KEEP=1] | make bench [NAME="throughput brokers"] | make chaos [ROUNDS=n] [SEED=s] [BROKER=rabbitmq] | make fleet | make soak [MINUTES=60] | make matrix [SERVERS="redis-8.0"]
# make check | make sbom | make wheel | make docs | make pictures | make lock | make digests | make clean
# Every target makes .venv and installs the pinned packages into it by itself; later runs find it up to date.

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$name -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null \
	&& echo $$name && break; done)
BIN := .venv/bin
STAMP := .venv/installed
# The project's programs find each other (celery, redis-server) as they would in an activated environment.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: venv check secrets audit sbom wheel docs pictures quick test demo bench chaos fleet soak matrix lock digests clean

venv: $(STAMP)

$(STAMP): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12, 3.13 or 3.14 is needed; name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Installing the pinned packages into .venv: from the network, about 900 MB on disk, a minute …"
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

check: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/squawk ledger/migrations/*.sql
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(PRODUCT)
	$(BIN)/hadolint Dockerfile
	@$(MAKE) --no-print-directory secrets audit

# What runs in production. Simulators, tests and benchmarks do not; ruff's rules of security hold for them as well.
PRODUCT := schemas clients ledger jobs sync reconcile tasks serving workers cli gateway console exporter metrics tracing sizing local celeryconfig.py

# What looks like a secret and was judged not to be one is in .secrets.baseline; CONTRIBUTING.md says how to add to it.
# The tool writes line numbers that have moved into the baseline and ends with 3: it gets a copy.
secrets: venv
	@cp .secrets.baseline .venv/secrets.baseline
	@$(BIN)/detect-secrets-hook --baseline .venv/secrets.baseline $$(git ls-files) >.venv/secrets.found || test $$? -eq 3 || \
		{ cat .venv/secrets.found; exit 1; }

audit: venv
	@$(BIN)/python -m tests.supply_chain.audit

# The software bill of materials of what production installs, in CycloneDX's form. Equal lock files have equal bills.
sbom: venv
	@mkdir -p dist
	$(BIN)/python -W ignore -m cyclonedx_py requirements deploy/requirements.txt --pyproject pyproject.toml --output-reproducible -o dist/sbom.json

# The wheel of the last commit. Whoever builds the same commit gets the same bytes.
wheel: venv
	@rm -rf build/wheel && mkdir -p build/wheel dist
	git archive HEAD | (umask 022; tar --extract --no-same-permissions --directory build/wheel)
	umask 022; SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --quiet --wheel --no-isolation --outdir dist build/wheel
	@rm -rf build/wheel
	@sha256sum dist/*.whl

# The pages as a site with a search. A link or an anchor that leads nowhere ends it.
SITE := build/site
docs: venv
	$(BIN)/sphinx-build -q -W --keep-going -c docs . $(SITE)
	@echo "Open $(SITE)/index.html"

# Needs Chromium. Takes the pictures of the merchants' pages again, from the running console.
pictures: venv
	$(BIN)/python -m tests.pictures

# Under half a minute on two idle cores: the unit tests that are not slow; that the tables are those of schema.sql; and
# orders that go through both simulators. What was measured is in CONTRIBUTING.md.
QUICK = $(shell find tests/integration -name test_schema.py -o -name test_drafts.py)
quick: venv
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow" tests/unit $(QUICK)

# Most of the tests wait for something: three at a time keep two cores busy.
test: venv
	$(BIN)/pytest -n 3 --dist loadfile

chaos: venv
	$(BIN)/python -m tests.chaos $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED)) $(if $(LEASES),--leases $(LEASES)) $(if $(BROKER),--broker $(BROKER))

fleet: venv
	$(BIN)/python -m tests.chaos.fleet $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED)) $(if $(BROKER),--broker $(BROKER))

demo: venv
	$(BIN)/connector demo $(if $(filter-out 0 no,$(KEEP)),--keep)

soak: venv
	$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),60)

# The same tests with each server and each Python that can be had; what it finds goes into docs/servers.md.
matrix: venv
	$(BIN)/python -m tests.matrix $(SERVERS)

# All of them take two to three hours on a machine that does nothing else; what they find goes into docs/figures.md.
bench: venv
	$(BIN)/python -m benchmarks $(NAME)

# Needs uv (https://docs.astral.sh/uv/); add --upgrade to COMPILE to move the versions. Production gets no test tools and
# no servers, but setuptools, which builds the project itself in the image.
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make lock"
lock:
	$(COMPILE) --all-extras pyproject.toml -o requirements.txt
	echo setuptools | $(COMPILE) --constraint requirements.txt --extra tracing pyproject.toml - -o deploy/requirements.txt

# Needs docker and its registry. Writes the digest that each base image's tag has now behind the tag, so that the next build
# and start take the same bytes; repeated, it moves to those of today.
digests:
	@for image in $$(sed -nE 's/^ *(FROM|image:) ([a-z/]+:[^@ ]+).*/\2/p' Dockerfile docker-compose.yml | sort -u); do \
		digest=$$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$$image") || exit 1; \
		sed -i.before -E "s|(FROM\|image:) $$image(@sha256:[0-9a-f]+)?( AS [a-z]+)?$$|\1 $$image@$$digest\3|" Dockerfile docker-compose.yml; \
		echo "$$image@$$digest"; \
	done; rm -f Dockerfile.before docker-compose.yml.before

# .connector holds the servers' data of the demo and of `connector local up`: end these first.
clean:
	rm -rf .venv .connector build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
