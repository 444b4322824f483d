# Short commands for everyday work; `just` lists them (https://just.systems).

_list:
    @just --list --unsorted

# Show the whole program on a bundled newswire, without a network
demo:
    cargo run --release -- demo

# Type-check everything, tests and benchmarks included
check:
    cargo check --workspace --all-targets

# Format the code
fmt:
    cargo fmt --all

# Lints; every warning is an error
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# All tests, or those whose name contains FILTER
test FILTER="":
    cargo test --workspace {{ FILTER }}

# Accept changed snapshots and show what changed
snapshots:
    INSTA_UPDATE=always cargo test --workspace
    git diff --stat -- '*.snap'

# Write the description of the API again and show what changed
openapi:
    COURANT_WRITE_OPENAPI=1 cargo test --workspace --test it the_file_of_the_description
    INSTA_UPDATE=always cargo test --workspace --test it the_description_matches_its_snapshot
    git diff --stat -- crates/render/openapi.json '*.snap'

# Build and open the documentation of the code
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --open

# Licences, advisories, duplicates and unused dependencies (needs cargo-deny and cargo-machete)
deny:
    cargo deny --workspace check
    cargo machete

# Compare the release build with annotated data: the sample, or DATA, which is not part of the repository
conformance DATA="":
    cargo build --release
    python3 conformance/run.py --courant target/release/courant {{ if DATA == "" { "--sample" } else { "--shared " + DATA } }}

# Take the screenshots of the documentation
screenshots:
    cargo xtask screenshots

# Everything that must hold before a change lands
ci:
    .ci/run
