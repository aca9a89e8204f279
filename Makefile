# Two commands set everything up by themselves: make demo and make test.
GO ?= go
BIN := bin/mantlet
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 60s
CADDY := v2.11.9
# Modules of their own, so that nobody who imports ours downloads other projects.
NESTED := conformance conformance/bench session/scsstore/scscheck

export CGO_ENABLED ?= 0

.PHONY: demo test check bench bench-guard accuracy build setup fuzz lint

build: ## build bin/mantlet
	@$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) ./cmd/mantlet

demo: ## scan the embedded weak app and print where the report is
	@scripts/setup browser
	@$(MAKE) --no-print-directory build
	@$(BIN) demo

setup:
	@scripts/setup

test: setup build ## every test, with the browser, the Python apps and DynamoDB Local
	@$(GO) vet ./...
	@MANTLET_REQUIRE_LAB=1 $(GO) test -timeout 18m ./...
	@for module in $(NESTED); do (cd $$module && $(GO) test ./...) || exit 1; done

accuracy: setup build ## scan the whole lab and hold it against its truth
	@$(BIN) accuracy

bench: setup bench-guard ## what guard and scan cost: ratios to their peers, and to plain fetches
	@$(GO) test -run "^$$" -bench 'Routes|Proofs' -benchtime 3x ./internal/scan
	@$(GO) test -run "^$$" -bench 'CostPerRoute|Workshop' -benchtime 1x -timeout 30m ./internal/scan

# nginx is not installed from here, since its package starts a server: apt-get install nginx-light
bench-guard: ## the guard beside its peers, in one run of about ten minutes
	@test -x .lab/bin/caddy || command -v caddy >/dev/null || { echo "bench: installing Caddy $(CADDY)"; \
		GOBIN=$(CURDIR)/.lab/bin $(GO) install github.com/caddyserver/caddy/v2/cmd/caddy@$(CADDY) || echo "bench: Caddy cannot be had and will not be measured"; }
	@cd conformance/bench && $(GO) run . $(BENCHFLAGS)

check: setup lint ## what CI runs before a release: format, vet, linters, race, a minute of fuzzing each
	@CGO_ENABLED=1 MANTLET_REQUIRE_LAB=1 MANTLET_WHOLE_LAB=1 $(GO) test -race -timeout 60m ./...
	@$(MAKE) --no-print-directory fuzz

lint:
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo "gofmt: the files above are not formatted"; exit 1; }
	@$(GO) vet ./...
	@$(GO) tool -modfile=tools/go.mod staticcheck ./...
	@scripts/govulncheck

fuzz: ## every fuzz target for FUZZTIME
	@scripts/fuzz $(FUZZTIME)
