GO ?= go
PREFIX ?= /usr/local

# The same for all targets: what one has compiled, another doesn't compile again.
export CGO_ENABLED := 0
export GOFLAGS := $(strip $(filter-out -trimpath,$(GOFLAGS)) -trimpath)

# What beacon version prints. Without git, go build's own record stands.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
DATE := $(shell TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd 2>/dev/null)
P := beacon/internal/build
STAMP := -X $(P).version=$(VERSION) -X $(P).commit=$(COMMIT) -X $(P).date=$(DATE)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Where the processor has a fused multiply-add, which rounds once instead of twice, the
# compiler is told not to use it: findings have the same digits on every processor.
# GOAMD64 v1 and v2 have none, and their build is left alone.
FUSING := $(filter-out amd64/v1 amd64/v2,$(shell $(GO) env GOARCH)/$(shell $(GO) env GOAMD64))
BIN ?= bin/beacon

build: ## build bin/beacon, one static binary
	$(GO) build $(if $(FUSING),-gcflags=all=-d=fmahash=qn) -ldflags '-s -w $(STAMP)' -o $(BIN) ./cmd/beacon

man: build ## write the manual pages and completions to bin/share
	rm -rf bin/share
	install -d bin/share/man/man1 bin/share/man/man7 bin/share/bash-completion/completions bin/share/zsh/site-functions bin/share/fish/vendor_completions.d bin/pages
	bin/beacon man bin/pages
	mv bin/pages/*.1 bin/share/man/man1
	mv bin/pages/*.7 bin/share/man/man7
	rmdir bin/pages
	bin/beacon completion bash > bin/share/bash-completion/completions/beacon
	bin/beacon completion zsh > bin/share/zsh/site-functions/_beacon
	bin/beacon completion fish > bin/share/fish/vendor_completions.d/beacon.fish

install: man ## install it, its manual pages and completions below $(DESTDIR)$(PREFIX)
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share'
	install -m 755 bin/beacon '$(DESTDIR)$(PREFIX)/bin/beacon'
	cp -R bin/share/. '$(DESTDIR)$(PREFIX)/share'

release: ## build dist for all systems; RELEASE='-only linux/amd64' narrows it
	cd internal/release && $(GO) run . $(RELEASE)

release-check: ## build dist for this system twice, compare the bytes, and try the package
	t="$$($(GO) env GOOS)/$$($(GO) env GOARCH)" && cd internal/release && \
		$(GO) run . -only "$$t" && $(GO) run . -only "$$t" -o ../../bin/again && \
		cmp ../../dist/SHA256SUMS ../../bin/again/SHA256SUMS && sh try.sh ../../dist/*.deb

test: ## run the tests
	$(GO) test -timeout 30m ./...

# Packages of which neither the code nor the tests do two things at once: what runs at once below
# them has tests of its own. They took an eighth of the time of all.
ALONE := $(addprefix beacon/internal/,report/machine report/page report/past shape simulate)

race: ## run the tests under the race detector
	CGO_ENABLED=1 $(GO) test -race -short -timeout 30m $(filter-out $(ALONE),$(shell $(GO) list ./...))

lint: ## vet, staticcheck, gofmt
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	cd internal/bench && CGO_ENABLED=1 $(GO) vet ./...
	cd internal/release && $(GO) vet ./...
	cd internal/vectors && $(GO) vet ./...
	@test -z "$$(gofmt -l cmd internal)" || { gofmt -l cmd internal; echo 'run make fmt'; exit 1; }

bench: ## time whole jobs against DuckDB and polars; BENCH='-only csv -scale 0.1' narrows it
	cd internal/bench && CGO_ENABLED=1 $(GO) run . $(BENCH)

digits: ## compare the findings of a build for amd64-v3, which has a fused multiply-add
	BEACON_DIGITS=required $(GO) test ./internal/cli -count 1 -run 'TestSameDigits$$'

eval: ## the scoreboard of the rhythm judge; EVAL=-quick for a tenth of it
	$(GO) run ./internal/eval/scoreboard $(EVAL)

# An input that fails is kept under testdata/fuzz and fails again in the second
# run. What doesn't is Go's own: at the end of -fuzztime it may say "context
# deadline exceeded" of a target in which nothing failed (golang/go#75804).
fuzz: ## fuzz every target for FUZZTIME (default 10s) each
	@grep -r '^func Fuzz' --include='*_test.go' cmd internal | sort | \
	sed -E 's|/[^/]*:func (Fuzz[A-Za-z0-9_]*).*| \1|' | while read -r package target; do \
		fuzz="$(GO) test ./$$package -run ^$$target\$$ -fuzz ^$$target\$$ -fuzztime $${FUZZTIME:-10s} -fuzzminimizetime 5x"; \
		$$fuzz </dev/null || $$fuzz </dev/null || exit 1; \
	done

damage: ## read DAMAGE (default 20000) damaged files made of each sample of every format
	$(GO) test ./internal/flowlog/all -run 'TestDamage$$' -timeout 0 -damage $${DAMAGE:-20000}

signals: ## interrupt commands SIGNALS (default 1000) times, where they wait and at any moment
	$(GO) test ./internal/cli -run 'TestInterrupted' -timeout 0 -v -signals $${SIGNALS:-1000}

rotations: ## change logs ROTATIONS (default 200) times while they are read
	$(GO) test ./internal/cli -run 'TestRotation$$' -timeout 0 -v -rotations $${ROTATIONS:-200}

vuln: ## look for known vulnerabilities; VULNDB is a clone of github.com/golang/vulndb
	@test -d '$(VULNDB)/data/osv' || { echo 'make vuln VULNDB=DIR, where DIR is a clone of github.com/golang/vulndb'; exit 1; }
	$(GO) tool govulncheck -db 'file://$(abspath $(VULNDB))/data/osv' ./...

licenses: ## write what beacon licenses prints, after a change of go.mod
	$(GO) test ./internal/licenses -update

fmt: ## format the code
	gofmt -w cmd internal

fixture: ## write testdata/flows.parquet and its goldens anew
	$(GO) run ./cmd/beacon simulate office -o testdata/flows.parquet --scale 0.05 --days 2 --compression zstd --truth testdata/flows.truth.csv
	$(GO) test ./internal/cli -update

.PHONY: help build man install release release-check test race lint bench digits eval fuzz damage signals rotations vuln licenses fmt fixture
