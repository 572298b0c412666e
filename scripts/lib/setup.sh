# What a bare machine lacks. Sourced; expects to stand in the repository's top folder.

# A Rust toolchain and a C compiler (SQLite and ring are built from C and assembler).
need_toolchain() {
    command -v cargo >/dev/null ||
        { echo "cargo is missing: install a Rust toolchain (rustup.rs)" >&2; exit 1; }
    command -v cc >/dev/null || install_packages gcc libc6-dev
}

# Programs of MySQL and MariaDB, fetched once.
need_database_programs() {
    for flavor in mysql mariadb; do
        scripts/sandbox fetch --flavor "$flavor"
    done
}

# Debian and Ubuntu packages, as root or by sudo.
install_packages() {
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    command -v apt-get >/dev/null ||
        { echo "missing: $*; install them with this system's package manager" >&2; exit 1; }
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qq -y --no-install-recommends "$@"
}
