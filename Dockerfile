# syntax=docker/dockerfile:1

# The Rust version is the one of rust-toolchain.toml.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# The commit that GET /version names: --build-arg SMEP_COMMIT=$(git rev-parse HEAD)
ARG SMEP_COMMIT
# The target folder is a cache that is gone after the step, so the program is copied out of it.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    [ -n "$SMEP_COMMIT" ] || unset SMEP_COMMIT; \
    cargo build --release --locked --package api --bin smep \
    && cp target/release/smep /usr/local/bin/smep

FROM debian:bookworm-slim
RUN groupadd --system --gid 10001 smep \
    && useradd --system --uid 10001 --gid smep --home-dir /data --no-create-home --shell /usr/sbin/nologin smep \
    && install --directory --owner=smep --group=smep --mode=0750 /data
COPY --from=build /usr/local/bin/smep /usr/local/bin/smep
# The authorities by which receivers of webhooks prove who they are.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY LICENSE /usr/share/doc/smep/LICENSE
USER 10001:10001
WORKDIR /data
# The default database, smep.db, lies here. Spreadsheets are written here before they are sent: in
# /tmp, which may be memory, they would count as the service's.
VOLUME ["/data"]
# The allocator gives free memory back at once: what the start took would stay with an idle service.
ENV SMEP_LISTEN=0.0.0.0:8080 \
    SMEP_LOG_FORMAT=json \
    TMPDIR=/data \
    MIMALLOC_PURGE_DELAY=0
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["smep", "health"]
ENTRYPOINT ["smep"]
CMD ["serve"]
