# Sourced by start.sh and test.sh: checks Node, and installs packages once for each lock file.

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
  echo "Node 20.19 or newer is needed (https://nodejs.org, or your system's packages)." >&2
  exit 1
fi

# Installs those of the named Debian packages that are not there. Fails where there is no way to.
install_debian() {
  local missing="" package as_root=""
  command -v dpkg-query >/dev/null 2>&1 || return 0
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || as_root="sudo"
  if [ -n "$as_root" ] && ! command -v sudo >/dev/null 2>&1; then
    echo "Missing:$missing. Install them as root, then run this again." >&2
    return 1
  fi
  echo "Installing$missing …"
  $as_root apt-get update -qq
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
}

# Installs the npm packages unless those of this very lock file are there, with what was asked for.
# $1: `all`, or `run` for what running needs; whoever has the rest keeps it.
install_npm() {
  local stamp=node_modules/.yizhan-installed wanted omit=""
  wanted="$(cksum <package-lock.json)"
  # Whoever ran `npm ci` by hand has them already: npm notes when it installed what.
  if [ ! -f "$stamp" ] && [ node_modules/.package-lock.json -nt package-lock.json ]; then
    echo "$wanted" >"$stamp"
  fi
  [ "$1" = all ] || [ -d node_modules/vitest ] || omit="--omit=dev"
  if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && { [ "$1" = run ] || [ -d node_modules/vitest ]; }; then
    return 0
  fi
  # Two installs at once would destroy each other's work; whoever waited finds it done.
  if [ -z "${YIZHAN_INSTALLS:-}" ] && command -v flock >/dev/null 2>&1; then
    exec 9<package-lock.json
    flock 9
    YIZHAN_INSTALLS=1 install_npm "$1"
    exec 9<&-
    return 0
  fi
  echo "Installing the npm packages (some minutes: a few are compiled) …"
  npm ci $omit --no-audit --no-fund
  echo "$wanted" >"$stamp"
}
