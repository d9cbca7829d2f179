#!/usr/bin/env bash
# Everything that is checked before a change lands: installs what the tests need, then format and
# lint, types, and all tests. A suite whose parts are missing is a failure here.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
  echo "Node 20.19 or newer is needed (https://nodejs.org, or your system's packages)." >&2
  exit 1
fi

# What the real parts in the tests are made of: a card reader stack with a virtual card, a broker,
# certificates, a pseudo-terminal for the simulated Arduino, and a browser with a font for Chinese and Korean.
packages="build-essential python3 pcscd libccid libpcsclite-dev vsmartcard-vpcd mosquitto mosquitto-clients openssl socat chromium fonts-wqy-microhei"

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
  for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
fi

if [ -n "$missing" ]; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  if [ -n "$as_root" ] && ! command -v sudo >/dev/null 2>&1; then
    echo "Missing:$missing. Install them as root, then run this again." >&2
    exit 1
  fi
  echo "Installing$missing …"
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
fi

# node_modules/.package-lock.json is npm's own note of what it installed, and when.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ] ||
  [ ! -d node_modules/vitest ] || [ ! -d node_modules/nfc-pcsc ]; then
  echo "Installing the npm packages (a minute or two: some are compiled) …"
  npm ci --no-audit --no-fund
fi

# How long stations and hub are tormented (test/end-to-end/torture.test.ts); half of it on each broker.
export YIZHAN_TORTURE_SECONDS="${YIZHAN_TORTURE_SECONDS:-60}"

npm run --silent lint
npm run --silent typecheck
exec node --import tsx scripts/test.ts --require-all "$@"
