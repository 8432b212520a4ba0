# `just` alone lists what can be asked for. Nothing here is needed to build, run or test.

set shell := ["bash", "-euo", "pipefail", "-c"]
set dotenv-load := false

pg := env("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1/postgres")
clients := ".ci/clients"

[private]
default:
    @just --list --unsorted

# Fetch what building, testing and linting need
setup:
    rustup show active-toolchain
    cargo fetch --locked
    npm ci --prefix {{ clients }} --no-audit --no-fund --ignore-scripts
    command -v cargo-deny || cargo install --locked --debug cargo-deny

# Run the service on smep.db, as `smep serve` with the flags given
run *flags:
    cargo run -- serve {{ flags }}

# Run the demonstration, rebuilt quickly; every user's password is the one given
demo password="correct-horse-battery-staple":
    SMEP_DEMO_PASSWORD={{ quote(password) }} DATABASE_URL=target/demo.db cargo run -- serve --demo

# Run the tests on SQLite, or those whose names contain the words given
test *words:
    env -u TEST_DATABASE_URL cargo test --workspace -- {{ words }}

# Run the tests on PostgreSQL (TEST_DATABASE_URL, else the local one)
test-pg *words:
    TEST_DATABASE_URL={{ quote(pg) }} cargo test --workspace -- {{ words }}

# Format the code
fmt:
    cargo fmt --all

# Look for what the compiler does not see: format, clippy, dependencies, the document
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo deny --locked check --hide-inclusion-graph bans licenses sources
    {{ clients }}/node_modules/.bin/redocly lint --config openapi/redocly.yaml openapi/openapi.json
    NODE_PATH=$PWD/{{ clients }}/node_modules {{ clients }}/node_modules/.bin/spectral lint \
        --ruleset openapi/spectral.yaml --fail-severity warn openapi/openapi.json

# Write the API document anew from the code
openapi:
    cargo run --quiet -- openapi > target/openapi.json
    mv target/openapi.json openapi/openapi.json
    git diff --stat -- openapi

# What a change should pass before it is shown: lint and tests on both databases
check: lint test test-pg

# Everything that CI does
ci:
    bash .ci/run

# Measure the release build (`just bench --only reads`); leave the machine alone meanwhile
bench *flags:
    cargo build --release --workspace
    cargo run --release --package bench -- {{ flags }}

# Read the code's own documentation
doc:
    cargo doc --workspace --no-deps --document-private-items --open

# Build and start the image with PostgreSQL; POSTGRES_PASSWORD and SMEP_SEAL_KEY must be set
up:
    SMEP_COMMIT=$(git rev-parse HEAD) docker compose up --build --wait
