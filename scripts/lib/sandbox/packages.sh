# shellcheck shell=bash disable=SC2154 # opt, dir and cache are those of scripts/sandbox
# Server and client programs out of distribution packages, unpacked into the cache folder.
# The system's own package set and apt state stay as they are.

# One unpacked root per flavor and release of this machine; it exists only when complete.
package_root() {
  local ID='' VERSION_ID=''
  # shellcheck source=/dev/null
  . /etc/os-release
  ! wants_newest_mariadb || ID+=-newest
  echo "$cache/${opt[flavor]}-$ID${VERSION_ID:-rolling}-$(dpkg --print-architecture)"
}

wants_newest_mariadb() { ! is_mysql && [[ ${opt[suite]} == unstable ]]; }

# A subshell: the lock ends with it.
fetch_packages() (
  root=$1
  [[ ! -d $root ]] || exit 0
  command -v apt-get >/dev/null || die "no ${opt[flavor]} server found and no apt-get to fetch one: pass --mysqld PATH"
  : >>"$root.lock"
  lock "$root.lock"
  [[ ! -d $root ]] || exit 0
  echo "sandbox: fetching ${opt[flavor]} packages into $root" >&2
  rm -rf "$root.partial"
  mkdir "$root.partial"
  (build_package_root "$root.partial") &>"$root.log" ||
    die "fetching ${opt[flavor]} packages failed: $(failure_of "$root.log") (see $root.log, or pass --mysqld PATH)"
  mv "$root.partial/root" "$root"
  rm -rf "$root.partial" "$root.log"
)

failure_of() { { grep -E '^(E:|no )' "$1" || tail -1 "$1"; } | head -1; }

build_package_root() {
  local work=$1 package
  mkdir -p "$work"/{lists/partial,cache/archives/partial,archives,root} || return
  : >"$work/status"
  private_apt_config "$work" >"$work/apt.conf" || return
  export APT_CONFIG=$work/apt.conf
  if is_mysql || wants_newest_mariadb; then use_debian_unstable "$work" || return; fi
  { update_lists && download_packages "$work"; } || return
  for package in "$work"/archives/*.deb; do
    dpkg -x "$package" "$work/root" || return
  done
  rm -rf "$work"/root/usr/share/{doc,man,locale,lintian}
  wrap_programs "$work/root"
}

# The machine's settings for sources, keys, proxies and logins; private lists and caches, no hooks.
private_apt_config() {
  local work=$1
  apt-config dump | grep -E '^(Acquire|Dir::Etc::(source|trusted|netrc|preferences))' |
    grep -v '^Acquire::IndexTargets'
  cat <<CONFIG
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
CONFIG
}

update_lists() { timeout 300 apt-get update "$@"; }

# Debian's stable releases carry no MySQL, its unstable suite does, and the newest MariaDB. The mirror is the one that this
# machine's apt is set up with, and signatures are checked with its Debian keys. A machine without
# a Debian mirror keeps its own sources: its own release has to offer MySQL.
use_debian_unstable() {
  local work=$1 mirrors mirror key='' file
  mirrors=$(debian_mirrors)
  [[ -n $mirrors ]] || return 0
  for file in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
    [[ ! -r $file ]] || key="[signed-by=$file]"
  done
  cat >>"$work/apt.conf" <<CONFIG
Dir::Etc::sourcelist "$work/unstable.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
CONFIG
  for mirror in $mirrors; do
    echo "deb $key $mirror unstable main" >"$work/unstable.list"
    ! update_lists --error-on=any || return 0
  done
  return 1
}

# apt itself reads the sources, in whichever format; suites with a dash (security, updates) lie elsewhere.
debian_mirrors() {
  apt-get update --print-uris |
    sed -nE "s|^'(.*)/dists/[^/-]+/(In)?Release'.*|\1|p" | grep -i debian | sort -u || true
}

download_packages() {
  local work=$1 flavor=${opt[flavor]} server packages
  server=$(apt-cache pkgnames "$flavor-server-core" |
    grep -E -- '-core(-[0-9.]+)?$' | sort -V | tail -1) || {
    echo "no $flavor-server-core package in the configured sources"
    return 1
  }
  packages=$(with_libraries "$server" "${server/server/client}") || return
  # shellcheck disable=SC2086 # package names, one word each
  (cd "$work/archives" && timeout 300 apt-get download $packages)
}

# The named packages and, through all levels, the libraries that they depend on.
with_libraries() {
  apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances "$@" | awk -v roots="$*" '
    /^[^ ]/ { package = $1; alternative = 0; next }
    /^ [ |](Pre)?Depends: / {
      if (!alternative) met = 0
      if (!met && $NF !~ /^</) { needs[package] = needs[package] " " $NF; met = 1 }
      alternative = /^ \|/                    # the next line is another way to meet this one
    }
    END {
      count = split(roots, queue, " ")
      for (i = 1; i <= count; i++) seen[queue[i]] = 1
      for (i = 1; i <= count; i++) {
        print queue[i]
        n = split(needs[queue[i]], names, " ")
        for (j = 1; j <= n; j++)
          if (names[j] ~ /^(lib|zlib)/ && !(names[j] in seen)) { seen[names[j]] = 1; queue[++count] = names[j] }
      }
    }'
}

# The packages may need a newer C library than the machine has: each program becomes a
# wrapper that starts the real one through the unpacked loader, with the unpacked libraries.
wrap_programs() {
  local root=$1 loader folder libraries='' program
  loader=$(find "$root" -type f -path '*-linux-gnu*/ld-linux*.so.*' -print -quit)
  [[ -n $loader ]] || return 1
  for folder in "$root"/{usr/,}lib/*-linux-gnu* "$root"/usr/lib/mysql/private; do
    [[ ! -d $folder ]] || libraries+=:\$root${folder#"$root"}
  done
  for program in "$root"/usr/{bin,sbin}/*; do
    [[ -f $program && ! -L $program && $(head -c 4 "$program" | tail -c 3) == ELF ]] || continue
    mv "$program" "$program.real"
    cat >"$program" <<WRAPPER
#!/bin/sh
root=\${0%/usr/*bin/*}
exec "\$root${loader#"$root"}" --library-path "${libraries#:}" --argv0 "\$0" "\$root${program#"$root"}.real" "\$@"
WRAPPER
    chmod 755 "$program"
  done
}
