#!/usr/bin/env bash
# Installs what is missing, then runs a hub and one virtual station until Ctrl-C.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
called_from="$PWD"
cd "$here"

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
  echo "Node 20.19 or newer is needed (https://nodejs.org, or your system's packages)." >&2
  exit 1
fi

# node_modules/.package-lock.json is npm's own note of what it installed, and when.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  # SQLite's binding is compiled where no ready-made one can be fetched.
  if ! command -v g++ >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo"
    if [ -z "$as_root" ] || command -v sudo >/dev/null 2>&1; then
      echo "Installing a compiler (build-essential, python3) …"
      $as_root apt-get update -qq
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq build-essential python3 >/dev/null
    fi
  fi
  echo "Installing the npm packages (once; a minute or two) …"
  npm ci --omit=dev --no-audit --no-fund
fi

YIZHAN_CALLED_FROM="$called_from" exec node --import tsx scripts/start.ts "$@"
