# The long tier: what takes too long for every change. Sourced by scripts/test.

readonly LONG=(fuzz newest_mariadb client hints_survive failover_times fault_loop quick_restart
    calm_when_cut calm_under_load soak)
readonly LONG_RESULTS=target/long-tier
readonly VERIFICATION=docs/verification.md

# Every property test, with a hundred times as many cases, except those that start shells or write
# to the disk for each.
part_fuzz() {
    PROPTEST_CASES=25600 cargo test --release --locked -p shared -p orchestrator-server -p orchestrator-client \
        --lib --bins -- --skip hooks::placeholders --skip journal::local
}

# The real-server scenarios on the newest MariaDB, beside the one of this machine's release.
part_newest_mariadb() {
    cargo build --workspace --bins --locked
    SANDBOX_MARIADB_SUITE=unstable cargo test -p orchestrator-tests --test driver --test failover --locked -- \
        MariaDb mariadb --test-threads=2
}

# The static client: size, speed, memory, a storm of cron jobs.
part_client() {
    local status=0 output=$LONG_RESULTS/client.txt section=$LONG_RESULTS/client.md
    mkdir -p "$LONG_RESULTS"
    scripts/bench client 2>&1 | tee "$output" || status=$?
    { echo "The static client against a real server."; echo; sed -nE 's/^=> |^.*(: static, )/- \1/p' "$output"; } |
        sed 's/- : /- /' > "$section"
    write_section client "$section" "$status"
    return "$status"
}

# Two hundred times: hints are written, the server is killed, and every acknowledged one is there.
part_hints_survive() {
    cargo build --workspace --bins --locked
    KILL_ROUNDS=200 cargo test -p orchestrator-tests --test api --locked -- durability
}

part_failover_times() { measured failover_times; }
part_fault_loop() { measured fault_loop; }
part_quick_restart() { measured quick_restart; }
part_calm_when_cut() { measured calm_when_cut; }
part_calm_under_load() { measured calm_under_load; }
part_soak() { measured soak; }

# One test of tests/long, in release, alone on the machine. Its output is kept, and its section of
# docs/verification.md says what came of it, passed or not.
measured() {
    local part=$1 status=0 section=$LONG_RESULTS/$1.md
    need_database_programs
    mkdir -p "$LONG_RESULTS"
    rm -f "$section"
    cargo build --release --workspace --bins --locked
    cargo test --release -p orchestrator-tests --test long --locked --no-run
    LONG_REPORT=$PWD/$section cargo test --release -p orchestrator-tests --test long --locked -- \
        --exact "$part::$part" --nocapture --test-threads=1 2>&1 |
        tee "$LONG_RESULTS/$part.txt" || status=$?
    # A part that could not run here leaves no section, and the last one stays.
    [ ! -s "$section" ] || write_section "$part" "$section" "$status"
    return "$status"
}

# Replace what stands between the markers of the part.
write_section() {
    local part=$1 section=$2 status=$3 begin="<!-- $1 -->" end="<!-- end of $1 -->"
    grep -qxF "$begin" "$VERIFICATION" || printf '\n%s\n%s\n' "$begin" "$end" >> "$VERIFICATION"
    {
        sed "/^$begin\$/q" "$VERIFICATION"
        printf '## %s: %s\n%s, %s.\n\n' "$part" "$(verdict "$status")" "$(date -u +%F)" "$(machine)"
        cat "$section"
        sed -n "/^$end\$/,\$p" "$VERIFICATION"
    } > "$LONG_RESULTS/verification.md"
    mv "$LONG_RESULTS/verification.md" "$VERIFICATION"
}

verdict() { if [ "$1" -eq 0 ]; then echo passed; else echo "**failed**"; fi; }

machine() {
    local memory model
    memory=$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)
    model=$(awk -F': *' '/^model name/ { print $2; exit }' /proc/cpuinfo)
    echo "$(nproc) cores of ${model:-an unnamed processor}, $memory GiB of memory"
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

# Every file's content, committed or not, apart from the results themselves.
state_of_tree() {
    { git ls-files -z --cached --others --exclude-standard -- . ":(exclude)$VERIFICATION" |
        sort -zu | xargs -0 sha256sum 2>/dev/null || true; } | sha256sum | cut -d" " -f1
}
