# Everything a contributor runs. `make` alone lists it.

.DEFAULT_GOAL := help
SHELL := /bin/bash -o pipefail

GOLANGCI_LINT_VERSION := v2.15.0
WORKFLOWCHECK_VERSION := v0.6.0
SQLC_VERSION          := v1.31.1

# Tools are built once a version, into a folder that git ignores.
TOOLS         := $(CURDIR)/.cache/bin
GOLANGCI_LINT := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)
WORKFLOWCHECK := $(TOOLS)/workflowcheck-$(WORKFLOWCHECK_VERSION)
SQLC          := $(TOOLS)/sqlc-$(SQLC_VERSION)

# The race detector needs a C compiler. The pure packages run under it always where there is one;
# RACE=-race puts the end-to-end tests under it too, at several times the time.
RACE_PURE := $(if $(shell command -v gcc cc clang),-race)
RACE      ?=
# Tests of the whole stack wait for timers most of their time, so more of them run at once than there are cores.
PARALLEL  ?= 4
PURE      := calendar profile rules journey gate message insight

export GOTOOLCHAIN := local

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## start everything, with the onboarding example and a stream of listeners
	go run . dev --demo

.PHONY: test
test: needs check temporal packages ## check and test everything, as CI does

.PHONY: needs
needs:
	@command -v go >/dev/null || { echo "Go is missing; install Go 1.26 or later (https://go.dev/dl)" >&2; exit 2; }
	@[ -n "$$MIXTAPE_DATABASE_URL" ] || command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || \
		{ echo "Postgres is missing; install it (Debian: apt install postgresql) or set MIXTAPE_DATABASE_URL" >&2; exit 2; }
	@command -v node >/dev/null || { echo "Node is missing; install it (Debian: apt install nodejs npm)" >&2; exit 2; }
	@command -v npm >/dev/null || { echo "npm is missing; install it (Debian: apt install npm)" >&2; exit 2; }

# The cheap checks come first: they fail in seconds.
.PHONY: check
check: vet floors lint workflowcheck

.PHONY: vet
vet:
	@echo "== vet"
	@unformatted=$$(git ls-files --cached --others --exclude-standard '*.go' | xargs gofmt -l); \
		[ -z "$$unformatted" ] || { echo "not formatted; run gofmt -w on:" >&2; echo "$$unformatted" >&2; exit 1; }
	go vet ./...

.PHONY: floors
floors:
	@echo "== floors"
	go test .

.PHONY: lint
lint: $(GOLANGCI_LINT) ## look for bugs and broken habits
	@echo "== lint"
	$(GOLANGCI_LINT) run ./...

# Workflow code must be deterministic: no clocks, goroutines or maps walked in random order.
.PHONY: workflowcheck
workflowcheck: $(WORKFLOWCHECK)
	@echo "== workflowcheck"
	$(WORKFLOWCHECK) ./workflows/...

# The local Temporal is a module of its own, which ./... leaves out.
.PHONY: temporal
temporal:
	@echo "== dev/temporal (the first build takes minutes: it compiles the Temporal server)"
	cd dev/temporal && go vet ./... && go test ./...

# The pure packages first, then all of them on one Postgres and one Temporal.
.PHONY: packages
packages: bench/segment/node_modules/.package-lock.json
	@echo "== pure packages $(RACE_PURE)"
	go test $(RACE_PURE) $(foreach room,$(PURE),$(if $(wildcard $(room)/*.go),./$(room)/...))
	@echo "== all packages $(RACE)"
	go run ./dev/with -- go test $(RACE) -parallel $(PARALLEL) -timeout 20m ./...

bench/segment/node_modules/.package-lock.json: bench/segment/package-lock.json
	npm ci --prefix bench/segment --no-audit --no-fund
	@touch $@

.PHONY: generate
generate: $(SQLC) ## write the code that is written from SQL, and the pages that npm's mjml makes
	cd store && $(SQLC) generate
	npm ci --prefix dev/mjml && npm run --prefix dev/mjml goldens

.PHONY: bench
bench: ## measure against the plain alternatives
	GOGC=400 go run ./dev/with -- go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./...

FUZZTIME ?= 20s
.PHONY: fuzz
fuzz: ## fuzz each parser for a while (FUZZTIME=20s)
	@grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r folder; do \
		for target in $$(go test -list '^Fuzz' "$$folder" | grep '^Fuzz'); do \
			echo "== $$folder $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$folder" || exit 1; \
		done; \
	done

.PHONY: build
build: ## build ./mixtape
	CGO_ENABLED=0 go build -trimpath -o mixtape .

# go install names a program without its version, so it goes through a folder of its own.
define install
	@mkdir -p $(TOOLS)
	@echo "building $(notdir $@), once"
	@into=$$(mktemp -d) && GOFLAGS= GOBIN=$$into go install $(1) && mv $$into/* $@ && rm -r $$into
endef

$(GOLANGCI_LINT):
	$(call install,github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION))

$(WORKFLOWCHECK):
	$(call install,go.temporal.io/sdk/contrib/tools/workflowcheck@$(WORKFLOWCHECK_VERSION))

$(SQLC):
	$(call install,github.com/sqlc-dev/sqlc/cmd/sqlc@$(SQLC_VERSION))
