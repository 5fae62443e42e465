# Shared by the scripts. Source it; it moves to the top of the project.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8

# What Debian calls the things the build needs, and the things only tests need.
build_packages=(gcc libc6-dev meson ninja-build pkg-config nodejs npm ca-certificates tzdata
  libmicrohttpd-dev libsqlite3-dev libpq-dev libsodium-dev libssl-dev libexpat1-dev libyaml-dev libutf8proc-dev libpcre2-dev)
test_packages=(clang libclang-rt-14-dev libcmocka-dev chromium fonts-liberation postgresql)
bench_packages=(wrk libcjson-dev)

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else echo "Needs root to install packages: run as root, or install sudo." >&2; return 1
  fi
}

have_package() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -q '^installed$'; }

# A Node that is already on PATH (from elsewhere than Debian) is good enough.
satisfied() {
  case "$1" in
    nodejs) command -v node >/dev/null ;;
    npm) command -v npm >/dev/null ;;
    *) have_package "$1" ;;
  esac
}

install_missing() {
  local missing=() p
  for p in "$@"; do satisfied "$p" || missing+=("$p"); done
  [ "${#missing[@]}" = 0 ] && return 0
  echo "Installing: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# npm packages: definitions and design system for the build; real clients for the tests. Exact versions are in package-lock.json.
install_node_modules() {
  local stamp=node_modules/.heed-installed want
  want=$(sha256sum package-lock.json | cut -c1-64)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return 0
  [ -L node_modules ] && return 0
  npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
  echo "$want" >"$stamp"
}

# configure DIR [meson options]: once; later runs only build.
configure() {
  local dir=$1; shift
  [ -f "$dir/build.ninja" ] || meson setup "$dir" "$@" >"/tmp/heed-meson-$$.log" 2>&1 || { cat "/tmp/heed-meson-$$.log" >&2; return 1; }
  rm -f "/tmp/heed-meson-$$.log"
}
