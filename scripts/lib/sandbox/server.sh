# shellcheck shell=bash disable=SC2154 # opt, dir and cache are those of scripts/sandbox
# Which server and client programs to run, and the initialised data folder that nodes are copied from.

# Fills opt[server], opt[client], opt[prefix] (the folder above bin and share), opt[version]
# and opt[unpacked] (yes: out of packages of ours, no: installed on this machine).
find_programs() {
  local banner
  mkdir -p "$cache"
  opt[unpacked]=no
  if [[ -n ${opt[mysqld]} ]]; then
    opt[server]=$(command -v "${opt[mysqld]}") || die "--mysqld ${opt[mysqld]}: no such program"
    is_flavor "${opt[server]}" || die "--mysqld ${opt[mysqld]} is not a ${opt[flavor]} server"
  elif wants_newest_mariadb || ! find_installed_server; then
    opt[unpacked]=yes
    opt[server]=$(package_root)/usr/sbin/$(server_name)
    fetch_packages "$(package_root)"
  fi
  opt[server]=$(realpath "${opt[server]}")
  opt[prefix]=$(dirname "$(dirname "${opt[server]}")")
  banner=$(server_banner "${opt[server]}") || die "${opt[server]} does not start, not even with --version"
  opt[version]=$(sed -nE 's/.*Ver ([0-9]+\.[0-9]+\.[0-9]+).*/\1/p' <<<"$banner")
  find_client
  escape_apparmor
}

server_name() { if is_mysql; then echo mysqld; else echo mariadbd; fi; }

client_name() { if is_mysql; then echo mysql; else echo mariadb; fi; }

server_banner() { "$1" --no-defaults --version 2>/dev/null; }

# MariaDB also installs itself under MySQL's names, so the program is asked.
is_flavor() {
  local banner
  banner=$(server_banner "$1") && [[ $banner == *Ver\ [0-9]* ]] || return 1
  if is_mysql; then [[ $banner != *MariaDB* ]]; else [[ $banner == *MariaDB* ]]; fi
}

find_installed_server() {
  local server
  server=$(PATH=$PATH:/usr/local/sbin:/usr/sbin command -v "$(server_name)") || return 1
  is_flavor "$server" || return 1
  opt[server]=$server
}

# The client that belongs to the server; for an installed one, whichever of that name is in PATH.
find_client() {
  opt[client]=$(PATH=${opt[prefix]}/bin:$PATH command -v "$(client_name)") ||
    die "no '$(client_name)' client beside ${opt[server]} or in PATH: install that server's client package"
}

# A profile confines the installed server to the system's data folder. It is bound to the
# program's path, so a copy elsewhere runs without it.
escape_apparmor() {
  local profile=${opt[server]#/} copy
  [[ -e /etc/apparmor.d/${profile//\//.} ]] || return 0
  copy=$cache/$(basename "${opt[server]}")-${opt[version]}
  if [[ ! -x $copy || ${opt[server]} -nt $copy ]]; then
    cp "${opt[server]}" "$copy.$$"
    mv "$copy.$$" "$copy"
  fi
  opt[server]=$copy
}

# Options that any start of this server needs, one per line.
base_options() {
  echo "basedir=${opt[prefix]}"
  [[ $EUID != 0 ]] || echo "user=root"
  if [[ ${opt[unpacked]} == yes ]]; then
    echo "lc-messages-dir=${opt[prefix]}/share/mysql"
    echo "plugin-dir=${opt[prefix]}/lib/mysql/plugin"
  fi
  if is_mysql; then
    echo "secure-file-priv=NULL"
    echo "loose-mysqlx=OFF"
  fi
}

# Sizes that the data folder is created with, kept small for the sake of many nodes.
storage_options() {
  echo "innodb-buffer-pool-size=32M"
  if is_mysql && version_at_least 8.0.30; then
    echo "innodb-redo-log-capacity=8M"
  else
    echo "innodb-log-file-size=8M"
  fi
}

# Makes the data folder that all nodes of this server start from, once; prints its name.
ensure_template() (
  banner=$(server_banner "${opt[server]}")
  # The same build has the same banner, whatever its path.
  template=$cache/data-${opt[flavor]}-${opt[version]}-$(cksum <<<"${banner#*Ver}" | cut -d' ' -f1)
  echo "$template"
  [[ ! -d $template ]] || exit 0
  : >>"$template.lock"
  lock "$template.lock"
  [[ ! -d $template ]] || exit 0
  rm -rf "$template.partial"
  initialise_data "$template.partial" &>"$template.log" ||
    die "${opt[server]} cannot initialise a data folder: $(tail -1 "$template.log") (see $template.log)"
  # Nodes that start with a copy of this file would share one server UUID.
  rm -f "$template.partial/auto.cnf" "$template.log"
  mv "$template.partial" "$template"
)

initialise_data() {
  local data=$1 options installer
  mapfile -t options < <({ base_options; storage_options; } | sed 's/^/--/')
  if is_mysql; then
    timeout 120 "${opt[server]}" --no-defaults "${options[@]}" --datadir="$data" \
      --skip-log-bin --initialize-insecure
  else
    installer=$(PATH=${opt[prefix]}/bin:${opt[prefix]}/scripts:$PATH command -v mariadb-install-db) || {
      echo "no mariadb-install-db beside it"
      return 1
    }
    timeout 120 "$installer" --no-defaults "${options[@]}" --datadir="$data" \
      --auth-root-authentication-method=normal --skip-name-resolve --skip-test-db
  fi
}
