# shellcheck shell=bash disable=SC2154 # opt, dir and cache are those of scripts/sandbox
# Who replicates from whom, and the statements of each flavor and version that set it up.

# Prints the index of the node's source; nothing for a node without one.
source_of() {
  local index=$1
  case ${opt[shape]} in
    star) ((index == 1)) || echo 1 ;;
    chain) ((index == 1)) || echo $((index - 1)) ;;
    co-primary) echo $((index == 1 ? 2 : 1)) ;;
    tree) ((index == 1)) || echo $((index / 2)) ;;
  esac
}

is_primary() { (($1 == 1)) || [[ ${opt[shape]} == co-primary && $1 == 2 ]]; }

# MySQL renamed its vocabulary step by step; MariaDB kept the old one.
speaks_of_sources() { is_mysql && version_at_least 8.0.23; }

replica_word() { if speaks_of_sources; then echo REPLICA; else echo SLAVE; fi; }

semi_sync_names() { if is_mysql && version_at_least 8.0.26; then echo source replica; else echo master slave; fi; }

semi_sync_settings() {
  local source replica as_source=0 as_replica=0
  read -r source replica <<<"$(semi_sync_names)"
  ! is_primary "$1" || as_source=1
  [[ -z $(source_of "$1") ]] || as_replica=1
  echo "rpl_semi_sync_${source}_enabled=$as_source"
  echo "rpl_semi_sync_${replica}_enabled=$as_replica"
  echo "rpl_semi_sync_${source}_timeout=${opt[semi-sync-timeout]}"
}

# Gives all nodes the same accounts, tables and (empty) history, then sets up the shape and
# proves it by a row that has to arrive everywhere.
deploy() {
  rm -f "$dir/deployed"
  for_each_node reset_node || exit 1
  for_each_node attach_node || exit 1
  for_each_node await_replication || exit 1
  query_node 1 "INSERT INTO meta.cluster VALUES (1, '$(basename "$dir")', '$(basename "$dir").example.com')" ||
    die "cannot write to node 1"
  for_each_node await_row || exit 1
  touch "$dir/deployed"
}

reset_node() {
  local index=$1
  write_config "$index"
  client_of "$index" <<<"$(reset_statements "$index")" >/dev/null || die "cannot reset node $index"
}

reset_statements() {
  local index=$1 schema
  echo "SET SESSION sql_log_bin=0, SESSION lock_wait_timeout=10;"
  echo "STOP $(replica_word);"
  echo "RESET $(replica_word) ALL;"
  ! is_mysql || echo "SET GLOBAL super_read_only=0;"
  echo "SET GLOBAL read_only=0;"
  for schema in $(query_node "$index" "SELECT schema_name FROM information_schema.schemata
      WHERE schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')"); do
    echo "DROP DATABASE \`$schema\`;"
  done
  table_statements
  account_statements "$index"
  forget_history_statements
  [[ ${opt[semi-sync]} == no ]] || semi_sync_settings "$index" | sed 's/.*/SET GLOBAL &;/'
  ((index == 1)) || echo "SET GLOBAL read_only=1;"
  [[ ${opt[super-read-only]} == no || $index == 1 ]] || echo "SET GLOBAL super_read_only=1;"
}

forget_history_statements() {
  if is_mysql && version_at_least 8.2.0; then
    echo "RESET BINARY LOGS AND GTIDS;"
  else
    echo "RESET MASTER;"
  fi
  is_mysql || echo "SET GLOBAL gtid_slave_pos='';"
}

table_statements() {
  cat <<'SQL'
CREATE DATABASE meta;
CREATE TABLE meta.cluster (
  anchor TINYINT NOT NULL PRIMARY KEY,
  cluster_name VARCHAR(128) NOT NULL,
  cluster_domain VARCHAR(128) NOT NULL
) ENGINE=InnoDB;
CREATE DATABASE test_data;
CREATE TABLE test_data.t (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  v VARCHAR(64),
  at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) ENGINE=InnoDB;
SQL
}

# The service's account has the documented grants and no more. MariaDB 10.5 split some of them
# into finer ones, which later releases no longer count as part of the old ones.
account_statements() {
  local user table
  for user in orchestrator:orch_pw app:app_pw repl:repl_pw; do
    echo "DROP USER IF EXISTS '${user%:*}'@'%';"
    echo "CREATE USER '${user%:*}'@'%' IDENTIFIED BY '${user#*:}';"
  done
  echo "GRANT SUPER, PROCESS, REPLICATION SLAVE, REPLICATION CLIENT, RELOAD ON *.* TO 'orchestrator'@'%';"
  echo "GRANT SELECT ON meta.* TO 'orchestrator'@'%';"
  for table in $(query_node "$1" "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables
      WHERE (table_schema = 'mysql' AND table_name = 'slave_master_info')
      OR (table_schema = 'performance_schema' AND table_name = 'replication_group_members')"); do
    echo "GRANT SELECT ON $table TO 'orchestrator'@'%';"
  done
  if ! is_mysql && version_at_least 10.5.9; then
    echo "GRANT BINLOG MONITOR, BINLOG ADMIN, REPLICATION MASTER ADMIN, REPLICATION SLAVE ADMIN," \
      "SLAVE MONITOR, READ_ONLY ADMIN, CONNECTION ADMIN ON *.* TO 'orchestrator'@'%';"
  fi
  echo "GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%';"
  echo "GRANT ALL ON test_data.* TO 'app'@'%';"
}

attach_node() {
  local index=$1 source
  source=$(source_of "$index")
  [[ -n $source && $source -le ${opt[nodes]} ]] || return 0
  client_of "$index" <<<"$(attach_statements "$(node_port "$source")")" >/dev/null ||
    die "cannot make node $index a replica of node $source"
}

# No coordinates: after a reset each source's first binary log holds all there is.
attach_statements() {
  local port=$1 word=MASTER how
  ! speaks_of_sources || word=SOURCE
  if is_mysql; then
    how="${word}_AUTO_POSITION=$(if is_gtid; then echo 1; else echo 0; fi)"
    ! version_at_least 8.0.4 || how+=", GET_${word}_PUBLIC_KEY=1"
    # Newer releases give up after ten attempts by default.
    how+=", ${word}_RETRY_COUNT=86400"
  else
    how="MASTER_USE_GTID=$(if is_gtid; then echo slave_pos; else echo no; fi)"
  fi
  if speaks_of_sources; then echo "CHANGE REPLICATION SOURCE TO"; else echo "CHANGE MASTER TO"; fi
  echo "  ${word}_HOST='127.0.0.1', ${word}_PORT=$port, ${word}_USER='repl', ${word}_PASSWORD='repl_pw',"
  echo "  ${word}_CONNECT_RETRY=${opt[connect-retry]}, $how;"
  echo "START $(replica_word);"
}

await_replication() {
  local index=$1 status
  [[ -n $(source_of "$index") ]] || return 0
  if ! wait_until "${opt[timeout]}" node_replicates "$index"; then
    status=$(client_of "$index" --execute="SHOW $(replica_word) STATUS" --column-names --vertical | grep -E '_(IO|SQL)_Error: .' || true)
    die "node $index does not replicate after ${opt[timeout]} s: ${status:-no error reported}"
  fi
}

node_replicates() { [[ $(replication_of "$1") == *' io=Yes sql=Yes' ]]; }

# Prints read_only, source and thread states as NAME=VALUE words.
replication_of() {
  local output
  output=$(client_of "$1" --column-names --vertical --execute="SELECT @@global.read_only AS read_only; SHOW $(replica_word) STATUS" 2>/dev/null) ||
    return 1
  awk '
    $1 == "read_only:" { read_only = $2 }
    $1 ~ /^(Source|Master)_Host:$/ { host = $2 }
    $1 ~ /^(Source|Master)_Port:$/ { port = $2 }
    $1 ~ /^(Replica|Slave)_IO_Running:$/ { io = $2 }
    $1 ~ /^(Replica|Slave)_SQL_Running:$/ { sql = $2 }
    END {
      source = host == "" ? "-" : host ":" port
      print "read_only=" read_only, "source=" source, "io=" (io == "" ? "-" : io), "sql=" (sql == "" ? "-" : sql)
    }' <<<"$output"
}

await_row() {
  wait_until "${opt[timeout]}" row_has_arrived "$1" || die "a row written to node 1 has not reached node $1 after ${opt[timeout]} s"
}

row_has_arrived() { [[ $(query_node "$1" "SELECT COUNT(*) FROM meta.cluster" 2>/dev/null) == 1 ]]; }
