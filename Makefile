GO ?= go

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/beacon, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/beacon ./cmd/beacon

test: ## run the tests
	$(GO) test ./...

race: ## run the tests under the race detector
	$(GO) test -race -short ./...

lint: ## vet, staticcheck, gofmt
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	cd internal/bench && $(GO) vet ./...
	@test -z "$$(gofmt -l cmd internal)" || { gofmt -l cmd internal; echo 'run make fmt'; exit 1; }

bench: ## time whole jobs against DuckDB; BENCH='-only csv -scale 0.1' narrows it
	cd internal/bench && $(GO) run . $(BENCH)

eval: ## the scoreboard of the rhythm judge; EVAL=-quick for a tenth of it
	$(GO) run ./internal/eval/scoreboard $(EVAL)

fuzz: ## fuzz every target for FUZZTIME (default 10s) each
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			$(GO) test $$package -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-10s} -fuzzminimizetime 5x || exit 1; \
		done; \
	done

fmt: ## format the code
	gofmt -w cmd internal

fixture: ## write testdata/flows.parquet and its goldens anew
	$(GO) run ./cmd/beacon simulate office -o testdata/flows.parquet --scale 0.05 --days 2 --compression zstd --truth testdata/flows.truth.csv
	$(GO) test ./internal/cli -update

.PHONY: help build test race lint bench eval fuzz fmt fixture
