# shellcheck shell=bash disable=SC2154 # opt, dir and cache are those of scripts/sandbox
# Ground shared by all parts of the sandbox: messages, deadlines, locks, versions.

die() {
  echo "sandbox: $*" >&2
  exit 1
}

# wait_until SECONDS COMMAND...: polls until the command succeeds; fails when the deadline has passed.
wait_until() {
  local deadline=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

# Holds an exclusive lock on a file or folder until this shell ends.
lock() {
  local path=$1 fd
  exec {fd}<"$path"
  flock --wait 600 "$fd" || die "another sandbox command has been holding $path for ten minutes"
  lock_fds+=("$fd")
}

# A server outlives the script, so it must not inherit the script's locks.
drop_locks() {
  local fd
  for fd in "${lock_fds[@]}"; do exec {fd}<&-; done
}

# version_at_least 8.0.23: compares the server's version by number.
version_at_least() {
  local have want
  IFS=. read -ra have <<<"${opt[version]}"
  IFS=. read -ra want <<<"$1"
  ((have[0] * 10000 + have[1] * 100 + have[2] >= want[0] * 10000 + want[1] * 100 + want[2]))
}

is_mysql() { [[ ${opt[flavor]} == mysql ]]; }

is_gtid() { [[ ${opt[replication]} == gtid ]]; }

# Runs a function for every node at once, with the node's index; fails if one of them failed.
for_each_node() {
  local index job jobs=() failed=0
  for ((index = 1; index <= opt[nodes]; index++)); do
    "$@" "$index" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do
    wait "$job" || failed=1
  done
  return "$failed"
}
