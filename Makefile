# Everything that is built and checked. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export GOTOOLCHAIN := local
export CGO_ENABLED := 0

VERSION ?= v0.1.0
BIN := $(CURDIR)/bin
LDFLAGS := -s -w -X main.version=$(VERSION)
ROOT_MODULE := github.com/promloop/promloop

# The programs of the test cluster, built once into a cache outside the checkout. Real Prometheus, etcd and kube-apiserver.
PARTS = $(shell cd test/cluster && go run ./cmd/parts --print-dir)

# Tools are pinned in a module of their own.
TOOL := go tool -modfile=hack/tools/go.mod

##@ The two commands for a newcomer

.PHONY: demo
demo: ## Start everything on this machine, apply the samples, and show each kind of change going live. ARGS=--once ends after it.
	cd test/chain && go run ./demo $(ARGS)

.PHONY: test
test: verify-format verify-generated test-unit test-sidecars test-cluster test-upstream test-bundle test-chain ## Everything that has to pass.
	@echo "all tests passed; the faults of docs/faults.md take longer and have a target of their own: make test-faults"

##@ Parts of the test suite

.PHONY: test-unit
test-unit: parts ## The operator's decisions, and its webhooks against a real kube-apiserver.
	KUBEBUILDER_ASSETS=$(PARTS) PROMLOOP_PROMTOOL=$(PARTS)/promtool go test ./...

.PHONY: test-sidecars
test-sidecars: parts ## The sidecars, against a real Prometheus.
	cd sidecars && PROMLOOP_PROMETHEUS=$(PARTS)/prometheus go test ./...

FAULTS_TIMEOUT ?= 20m

.PHONY: test-faults
test-faults: parts ## What docs/faults.md promises about the sidecars, each fault with its guard and without.
	cd test/faults && PROMLOOP_PROMETHEUS=$(PARTS)/prometheus go test -count=1 -timeout $(FAULTS_TIMEOUT) -v -run '$(or $(FAULT),.)' . -args $(ARGS) | grep -vE '^ *(===|--- PASS)'

.PHONY: test-faults-cluster
test-faults-cluster: parts ## The same of the operator, the API and the node: each fault on a real kube-apiserver, with its guard and without.
	cd test/chain && PROMLOOP_FAULTS=1 go test -count=1 -timeout 40m -v . -ginkgo.focus '$(or $(FAULT),.)' -ginkgo.no-color

.PHONY: soak
soak: ## The same with every wait as long as it really is, and the real node's where this is root's. Takes about an hour and a half.
	go test -count=1 -run TestF76_ ./internal/rules -args -soak
	$(MAKE) test-faults ARGS=-soak FAULTS_TIMEOUT=4h
	if [ "$$(id -u)" = 0 ]; then $(MAKE) e2e ARGS=-soak; fi

.PHONY: test-cluster
test-cluster: parts ## The test cluster itself: volumes, probes and rhythm of the nodelet.
	cd test/cluster && go test ./...

.PHONY: test-upstream
test-upstream: ## Same input, compared results: upstream's types and generator as an oracle.
	for m in $(wildcard test/upstream/*); do (cd $$m && go test -skip '^TestRatio' ./...); done
	cd test/upstream/wire && go test -v -run '^(TestEveryFieldIsServed|TestCRDsCanBeApplied)$$' .

.PHONY: test-bundle
test-bundle: ## The OLM bundle and the Helm chart: valid, and what the manifests say. Images: loadable and reproducible.
	cd hack/bundle && go test -count=1 ./...
	cd test/e2e && go test ./images

.PHONY: test-chain
test-chain: parts ## The whole chain: a change of a custom resource, seen in a real Prometheus.
	cd test/chain && go build -o /dev/null ./... && go test -count=1 -v -timeout 30m . -ginkgo.no-color

# Seconds. The rounds in them are counted: go test may fail for no other reason than that -fuzztime is up (golang/go#75804), and the
# minute that it shrinks an input by default tries no new one.
FUZZTIME ?= 60
FUZZROUND := -fuzztime 20000x -fuzzminimizetime 1000x -parallel 1

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (60) seconds, two at a time. The corpus that is kept in testdata/fuzz is run by make test.
	@test $(FUZZTIME) -ge 0
	@grep -rlE --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do \
	  grep -hoE '^func Fuzz\w*' $$dir/*_test.go | cut -c6- | sed "s|^|$$dir |"; \
	done | xargs -P2 -L1 bash -c 'echo "$$0 $$1"; cd "$$0"; \
	  while go test -run "^$$" -fuzz "^$$1$$" $(FUZZROUND) . </dev/null; do [ $$SECONDS -lt $(FUZZTIME) ] || exit 0; done; exit 255'

.PHONY: latency
latency: parts ## 50 changes of each kind at a kubelet's rhythm: `latency <kind> <p50> <p95>` from apply to every replica.
	cd test/chain && PROMLOOP_SAMPLES=50 go test -count=1 -v -timeout 30m . -ginkgo.focus Latency -ginkgo.no-color

.PHONY: parts
parts: ## Build the programs of the test cluster, once.
	cd test/cluster && go run ./cmd/parts

.PHONY: bench-upstream
bench-upstream: parts ## Beside upstream's in one run: rendering, rules, and the config-reloader (time to the POST, to a fix, memory, size).
	cd test/upstream/generator && go test -count=1 -v -run '^TestRatio' .
	cd test/upstream/loader && go test -count=1 -v -run '^TestRatio' .
	cd test/upstream/rules && go test -count=1 -v -run '^TestRatio' .
	cd test/upstream/reloader && PROMLOOP_PROMETHEUS=$(PARTS)/prometheus go run . -write=$(CURDIR)/docs/sidecars.md

.PHONY: bench
bench: ## Benchmarks of the operator's decisions and of admission: percentiles, and their ratio beside 10 and 10,000 objects.
	go test -run '^$$' -bench . -benchmem ./internal/...
	go test -run '^$$' -bench . -benchtime 1000x ./webhooks

##@ A real node, as root on Debian

.PHONY: e2e
e2e: ## Everything as it is shipped, on a real node: kubelet, containerd, images, manifests.
	cd test/e2e && go test -count=1 -timeout 60m -v . -args -ginkgo.v -ginkgo.no-color $(ARGS)

.PHONY: node-up
node-up: ## Keep a real node with promloop on it, and print its KUBECONFIG.
	cd test/e2e && go run ./cmd/node up

.PHONY: node-down
node-down: ## End the node that node-up started.
	cd test/e2e && go run ./cmd/node down

.PHONY: images
images: ## Loadable image archives of the operator and its sidecars in dist/images, without a container engine.
	cd test/e2e && go run ./cmd/images --version $(VERSION) --root $(CURDIR) --out $(CURDIR)/dist/images

##@ Development

.PHONY: generate
generate: ## Deep copies and apply configurations of the API types.
	$(TOOL) controller-gen object applyconfiguration paths=./api/...

.PHONY: manifests
manifests: ## CRDs, the operator's ClusterRole and the webhook manifests, from markers.
	$(TOOL) controller-gen crd paths=./api/... output:crd:dir=config/crd/bases
	$(TOOL) controller-gen rbac:roleName=manager-role paths=./controllers/... output:rbac:dir=config/rbac
	$(TOOL) controller-gen webhook paths=./webhooks/... output:webhook:dir=config/webhook

.PHONY: verify-generated
verify-generated: ## Generate, and fail if that changed a file. What you have not committed yet does not count.
	@sums() { find api config -type f -exec sha256sum {} + | sort -k2; }; \
	before=$$(sums); $(MAKE) --no-print-directory generate manifests; \
	changed=$$(diff <(echo "$$before") <(sums) | sed -n 's/^[<>] [0-9a-f]*  //p' | sort -u || true); \
	if [ -n "$$changed" ]; then echo "these files were not what their source says; now they are, to be committed:"; echo "$$changed"; exit 1; fi

.PHONY: verify-format
verify-format: ## Formatting of every module.
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt these files:"; echo "$$unformatted"; exit 1; fi

.PHONY: fmt
fmt: ## Format every module.
	gofmt -w $$(git ls-files '*.go')

.PHONY: vet
vet: ## Vet every module.
	for m in $$(git ls-files '*go.mod'); do [ $$m = hack/tools/go.mod ] || (cd $$(dirname $$m) && go vet ./...); done

.PHONY: build
build: ## The operator, the sidecars and the kubectl plugin, as static binaries in bin/.
	go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ . ./cmd/...
	cd sidecars && go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/...

.PHONY: run
run: ## Run the operator against the cluster of your KUBECONFIG.
	go run . --leader-elect=false

##@ Deployment, to the cluster of your KUBECONFIG

CONTAINER_TOOL ?= docker
PLATFORMS ?= linux/amd64,linux/arm64
IMAGE_TAG_BASE ?= quay.io/promloop
IMG ?= $(IMAGE_TAG_BASE)/promloop:$(VERSION)
CONFIG_RELOADER_IMG ?= $(IMAGE_TAG_BASE)/config-reloader:$(VERSION)
RULES_RELOADER_IMG ?= $(IMAGE_TAG_BASE)/rules-reloader:$(VERSION)
IMAGES := operator=$(IMG) config-reloader=$(CONFIG_RELOADER_IMG) rules-reloader=$(RULES_RELOADER_IMG)
DIST ?= dist
KUSTOMIZE := $(TOOL) kustomize
KUBECTL ?= kubectl
# Server-side: two CRDs are too large for a client-side apply. What another tool set before is taken over.
APPLY := $(KUBECTL) apply --server-side --force-conflicts -f -
WITH_IMAGES := sed -e 's|image: quay.io/promloop/promloop:.*|image: $(IMG)|' \
  -e 's|value: quay.io/promloop/config-reloader:.*|value: $(CONFIG_RELOADER_IMG)|' \
  -e 's|value: quay.io/promloop/rules-reloader:.*|value: $(RULES_RELOADER_IMG)|'

.PHONY: install
install: ## Install the CRDs, and wait until the API server knows the kinds.
	$(KUSTOMIZE) build config/crd | $(APPLY)
	$(KUSTOMIZE) build config/crd | $(KUBECTL) wait --for=condition=Established --timeout=60s -f -

.PHONY: uninstall
uninstall: ## Delete the CRDs, and with them every object of their kinds.
	$(KUSTOMIZE) build config/crd | $(KUBECTL) delete --ignore-not-found -f -

.PHONY: deploy
deploy: install ## Install the CRDs, then the operator, some of whose objects are of their kinds. IMG, CONFIG_RELOADER_IMG and RULES_RELOADER_IMG are the images.
	$(KUSTOMIZE) build config/default | $(WITH_IMAGES) | $(APPLY)

.PHONY: undeploy
undeploy: ## Delete the operator, and what it kept for itself. The CRDs, the namespace and users' objects stay.
	$(KUSTOMIZE) build config/operator | $(KUBECTL) delete --ignore-not-found -f -
	$(KUBECTL) delete --ignore-not-found --namespace promloop-system secret/promloop-webhook-cert lease/promloop.monitoring.coreos.com

.PHONY: build-installer
build-installer: ## One file to install everything with: dist/install.yaml. Images as for deploy.
	mkdir -p $(DIST) && $(KUSTOMIZE) build config/default | $(WITH_IMAGES) > $(DIST)/install.yaml

.PHONY: bundle
bundle: ## The OLM bundle, from the manifests, validated.
	cd hack/bundle && go run . olm

BUNDLE_IMG ?= $(IMAGE_TAG_BASE)/promloop-bundle:$(VERSION)

.PHONY: bundle-build
bundle-build: ## The bundle's image, BUNDLE_IMG, with a container engine.
	$(CONTAINER_TOOL) build -f bundle.Dockerfile -t $(BUNDLE_IMG) .

.PHONY: bundle-push
bundle-push: ## Push the bundle's image.
	$(CONTAINER_TOOL) push $(BUNDLE_IMG)

.PHONY: helm-chart
helm-chart: ## The Helm charts, from the manifests.
	cd hack/bundle && go run . chart

.PHONY: docker-build
docker-build: ## Images of the operator and the sidecars, with a container engine: CONTAINER_TOOL, docker or podman.
	for i in $(IMAGES); do $(CONTAINER_TOOL) build --build-arg VERSION=$(VERSION) --target $${i%%=*} -t $${i#*=} .; done

.PHONY: docker-push
docker-push: ## Push them.
	for i in $(IMAGES); do $(CONTAINER_TOOL) push $${i#*=}; done

.PHONY: docker-buildx
docker-buildx: ## Build them for PLATFORMS, and push them.
	for i in $(IMAGES); do $(CONTAINER_TOOL) buildx build --push --platform $(PLATFORMS) --build-arg VERSION=$(VERSION) --target $${i%%=*} -t $${i#*=} .; done

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*##/ {printf "  %-20s%s\n", $$1, $$2}' $(MAKEFILE_LIST)
