# shellcheck shell=bash disable=SC2154 # opt, dir and cache are those of scripts/sandbox
# One node: its folder, configuration and process. $dir/node<i> holds everything of node i.

node_dir() { echo "$dir/node$1"; }

node_port() { echo $((opt[base-port] + $1 - 1)); }

# Prints the index of the node that the user named by index or port.
node_index() {
  local index=$1
  [[ $index =~ ^[1-9][0-9]{0,4}$ ]] || die "'$index' is neither a node's number nor its port"
  ((index <= opt[nodes])) || index=$((index - opt[base-port] + 1))
  ((index >= 1 && index <= opt[nodes])) ||
    die "no node $1: this sandbox has nodes 1 to ${opt[nodes]} at ports $(node_port 1) to $(node_port "${opt[nodes]}")"
  echo "$index"
}

prepare_node() {
  local template=$1 index=$2 folder
  folder=$(node_dir "$index")
  mkdir -p "$folder/tmp"
  if [[ ! -d $folder/data ]]; then
    rm -rf "$folder/data.partial"
    cp -R --reflink=auto --preserve=mode "$template" "$folder/data.partial"
    mv "$folder/data.partial" "$folder/data"
  fi
  write_config "$index"
}

write_config() {
  local index=$1
  {
    echo "[mysqld]"
    base_options
    storage_options
    node_options "$index"
    if is_mysql; then mysql_options "$index"; else mariadb_options; fi
    [[ ${opt[durable]} == yes ]] || relaxed_options
    [[ ${opt[semi-sync]} == no ]] || semi_sync_options "$index"
  } >"$(node_dir "$index")/my.cnf"
}

# The socket is named relative to the data folder: a socket's path may not exceed 107 bytes.
node_options() {
  local index=$1 folder port
  folder=$(node_dir "$index")
  port=$(node_port "$index")
  cat <<CONFIG
datadir=$folder/data
tmpdir=$folder/tmp
log-error=$folder/error.log
pid-file=$folder/server.pid
socket=../mysql.sock
bind-address=127.0.0.1
port=$port
server-id=$port
report-host=127.0.0.1
report-port=$port
skip-name-resolve
read-only=$((index > 1))
log-bin=mysql-bin
relay-log=mysql-relay
table-open-cache=400
innodb-log-buffer-size=2M
sync-binlog=1
innodb-flush-log-at-trx-commit=1
CONFIG
}

mysql_options() {
  local index=$1 gtid=OFF
  if version_at_least 8.0.26; then
    echo "log-replica-updates=ON"
    echo "replica-net-timeout=${opt[net-timeout]}"
  else
    echo "log-slave-updates=ON"
    echo "slave-net-timeout=${opt[net-timeout]}"
  fi
  if ! version_at_least 8.0.0; then
    echo "master-info-repository=TABLE"
    echo "relay-log-info-repository=TABLE"
  fi
  # Said either way: the default depends on the version.
  ! is_gtid || gtid=ON
  echo "gtid-mode=$gtid"
  echo "enforce-gtid-consistency=$gtid"
  [[ ${opt[super-read-only]} == no || $index == 1 ]] || echo "super-read-only=1"
  cat <<CONFIG
loose-upgrade=NONE
performance-schema=ON
performance-schema-digests-size=200
performance-schema-error-size=1
performance-schema-max-table-instances=400
CONFIG
}

mariadb_options() {
  echo "binlog-format=ROW"
  echo "log-slave-updates=ON"
  echo "slave-net-timeout=${opt[net-timeout]}"
}

# The operating system survives whatever a test does to a process, so nothing needs to reach the disk.
relaxed_options() {
  cat <<CONFIG
sync-binlog=0
innodb-flush-log-at-trx-commit=2
innodb-doublewrite=OFF
loose-innodb-flush-method=fsync
CONFIG
}

semi_sync_options() {
  local index=$1 source replica
  read -r source replica <<<"$(semi_sync_names)"
  if is_mysql; then
    echo "plugin-load-add=semisync_$source.so"
    echo "plugin-load-add=semisync_$replica.so"
    echo "rpl_semi_sync_${source}_wait_for_${replica}_count=${opt[semi-sync-count]}"
  fi
  echo "rpl_semi_sync_${source}_wait_point=AFTER_SYNC"
  semi_sync_settings "$index"
}

# The recorded process of a node, if it is still that process: same start time, same command line.
node_pid() {
  local folder pid started
  folder=$(node_dir "$1")
  read -r pid started 2>/dev/null <"$folder/process" || return 1
  [[ $(started_at "$pid") == "$started" ]] || return 1
  grep -qzxF -- "--defaults-file=$folder/my.cnf" "/proc/$pid/cmdline" 2>/dev/null || return 1
  echo "$pid"
}

# process_fields PID: state, number of threads and start time, out of fields 3, 20 and 22 of
# /proc/PID/stat. The second field, the name, may hold blanks; it ends with ")".
process_fields() {
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  read -ra fields <<<"${stat##*) }"
  echo "${fields[0]} ${fields[17]} ${fields[19]}"
}

started_at() {
  local state threads started
  read -r state threads started <<<"$(process_fields "$1")"
  echo "$started"
}

# A dying process loses its command line first and holds its port until its last thread has ended.
node_is_gone() {
  local pid recorded state threads started
  read -r pid recorded 2>/dev/null <"$(node_dir "$1")/process" || return 0
  read -r state threads started <<<"$(process_fields "$pid")"
  [[ $started != "$recorded" ]] || [[ $state == Z && $threads -le 1 ]]
}

node_is() { [[ $(node_state "$2") == "$1" ]]; }

# Prints up, frozen or down.
node_state() {
  local pid
  if ! pid=$(node_pid "$1"); then
    echo down
  elif [[ $(process_fields "$pid") == [Tt]* ]]; then
    echo frozen
  else
    echo up
  fi
}

# Signals a node's process; fails if it is not running.
signal_node() {
  local pid
  pid=$(node_pid "$2") && kill -s "$1" "$pid" 2>/dev/null
}

# Runs in a subshell of its own, whose end releases the node's lock.
start_node() {
  local index=$1
  lock "$(node_dir "$index")"
  case $(node_state "$index") in
    up) ;;
    frozen) die "node $index is frozen: thaw it first" ;;
    down)
      need_free_port "$index"
      launch_node "$index"
      ;;
  esac
  wait_until "${opt[timeout]}" node_has_settled "$index" || explain_start "$index" "does not answer after ${opt[timeout]} s"
  node_answers "$index" || explain_start "$index" "died during its start"
}

# The process records itself before it becomes the server, so none can run unrecorded.
launch_node() {
  local index=$1 folder arguments self
  folder=$(node_dir "$index")
  mapfile -t arguments <"$dir/mysqld-args"
  rm -f "$folder"/mysql.sock*
  (
    drop_locks
    cd "$folder" || exit
    self=$BASHPID
    echo "$self $(started_at "$self")" >process
    exec setsid "${opt[server]}" --defaults-file="$folder/my.cnf" "${arguments[@]}"
  ) </dev/null >>"$folder/error.log" 2>&1 &
  disown
  # Until the program has replaced the shell, its command line is not yet the server's.
  wait_until 10 node_is_launched "$index" "$!" || true
}

node_is_launched() { node_pid "$1" >/dev/null || [[ -z $(started_at "$2") ]]; }

node_has_settled() { node_is_gone "$1" || node_answers "$1"; }

node_answers() { [[ -S $(node_dir "$1")/mysql.sock ]] && query_node "$1" "SELECT 1" &>/dev/null; }

explain_start() {
  local log
  log=$(node_dir "$1")/error.log
  tail -n 8 "$log" | sed 's/^/    /' >&2
  die "node $1 (port $(node_port "$1")) $2; the end of $log is above"
}

need_free_port() {
  local port
  port=$(node_port "$1")
  wait_until 10 node_is_gone "$1" || die "node $1 has been dying for ten seconds"
  ! port_is_taken "$port" || die "port $port is taken by another program"
}

# Looks at listening sockets only: connections that a killed server left behind do not count.
port_is_taken() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}

kill_node() {
  signal_node KILL "$1" || die "node $1 is not running"
  wait_until "${opt[timeout]}" node_is_gone "$1" || die "node $1 does not die"
}

stop_node() {
  [[ $(node_state "$1") != frozen ]] || die "node $1 is frozen: thaw it first"
  signal_node TERM "$1" || die "node $1 is not running"
  wait_until "${opt[timeout]}" node_is_gone "$1" || die "node $1 has not shut down after ${opt[timeout]} s"
}

# Ends a node whatever its state is: killed, or (to keep its data tidy) stopped and killed if that fails.
end_node() {
  local how=$1 index=$2
  if [[ $how == stop ]] && signal_node TERM "$index"; then
    signal_node CONT "$index" || true
    wait_until 20 node_is_gone "$index" || true
  fi
  signal_node KILL "$index" || true
  wait_until "${opt[timeout]}" node_is_gone "$index" || die "node $index does not die"
}

# Runs the client as root through the node's socket: client_of INDEX ARGUMENTS...
client_of() {
  local folder
  folder=$(node_dir "$1")
  shift
  (
    cd "$folder" || exit
    exec timeout --foreground "${opt[timeout]}" "${opt[client]}" --no-defaults --batch --skip-column-names \
      --connect-timeout=5 --user=root --socket=mysql.sock "$@"
  )
}

query_node() { client_of "$1" --execute="$2"; }
