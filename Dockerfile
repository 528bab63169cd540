# One image for worker, starter and every other command. It holds the binary and the certificates
# that TLS to a mail server needs, and nothing else: no shell, no packages.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/mixtape .

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/mixtape /mixtape
USER 65532:65532
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/mixtape", "health", "http://127.0.0.1:9090/readyz"]
ENTRYPOINT ["/mixtape"]
CMD ["--help"]
