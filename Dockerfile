# syntax=docker/dockerfile:1
# Images of the operator and of its two sidecars, one target each:
#   docker buildx build --platform linux/amd64,linux/arm64 --target operator .

FROM --platform=$BUILDPLATFORM golang:1.26 AS source
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
WORKDIR /src
COPY go.mod go.sum ./
COPY sidecars/go.mod sidecars/go.sum sidecars/
RUN go mod download && go -C sidecars mod download

FROM source AS build-operator
ARG TARGETOS TARGETARCH VERSION=v0.1.0
COPY *.go ./
COPY api api
COPY controllers controllers
COPY internal internal
COPY webhooks webhooks
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/promloop .

FROM source AS build-sidecars
ARG TARGETOS TARGETARCH VERSION=v0.1.0
COPY sidecars sidecars
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go -C sidecars build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/ ./cmd/...

# The sidecars run as the user of Prometheus' own image: they share files with it, and may have to signal it.
FROM gcr.io/distroless/static:nonroot AS config-reloader
COPY --from=build-sidecars /out/config-reloader /bin/config-reloader
USER 65534:65534
ENTRYPOINT ["/bin/config-reloader"]

FROM gcr.io/distroless/static:nonroot AS rules-reloader
COPY --from=build-sidecars /out/rules-reloader /bin/rules-reloader
USER 65534:65534
ENTRYPOINT ["/bin/rules-reloader"]

FROM gcr.io/distroless/static:nonroot AS operator
COPY --from=build-operator /out/promloop /bin/promloop
USER 65532:65532
ENTRYPOINT ["/bin/promloop"]
