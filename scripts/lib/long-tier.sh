# The long tier: what takes too long for every change. Sourced by scripts/test.

readonly LONG=(failover_times calm_under_load calm_when_cut quick_restart soak)
readonly LONG_RESULTS=target/long-tier

part_failover_times() { measured failover_times; }
part_calm_under_load() { measured calm_under_load; }
part_calm_when_cut() { measured calm_when_cut; }
part_quick_restart() { measured quick_restart; }
part_soak() { measured soak; }

# One test of tests/long, in release, alone on the machine; its output is kept.
measured() {
    need_database_programs
    mkdir -p "$LONG_RESULTS"
    cargo build --release --workspace --bins --locked
    cargo test --release -p orchestrator-tests --test long --locked -- \
        --exact "$1" --nocapture --test-threads=1 2>&1 |
        tee "$LONG_RESULTS/$1.txt"
}

# Run a part unless it passed since the last change of any file.
run_once() {
    local part=$1 state
    state=$(state_of_tree)
    mkdir -p "$LONG_RESULTS"
    if [ "$(cat "$LONG_RESULTS/$part.passed" 2>/dev/null)" = "$state" ]; then
        echo "== $part passed before"
        return
    fi
    run "$part"
    echo "$state" > "$LONG_RESULTS/$part.passed"
}

state_of_tree() {
    { git rev-parse HEAD; git diff HEAD; } | sha256sum | cut -d' ' -f1
}
