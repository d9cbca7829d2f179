#!/usr/bin/env bash
# Installs what is missing, then runs a hub and one virtual station until Ctrl-C.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
called_from="$PWD"
cd "$here"

# Whoever asks for help has not asked for packages yet.
if [ "$*" = --help ] || [ "$*" = -h ]; then
  if [ -d node_modules/commander ] && [ -d node_modules/tsx ]; then
    exec node --import tsx scripts/start.ts --help
  fi
  echo "Usage: ./scripts/start.sh [--data <dir>] [--mqtt-port <port>] [--http-port <port>] [--station-port <port>]"
  echo "Runs a hub and one virtual station on this machine, until Ctrl-C. The first start installs what"
  echo "it needs, which takes some minutes; after that, --help says what each option is by default."
  exit 0
fi
. scripts/install.sh

# SQLite's binding is compiled where no ready-made one can be fetched.
if ! command -v g++ >/dev/null 2>&1; then
  install_debian build-essential python3 || echo "Going on without a compiler: it may not be needed." >&2
fi
install_npm run

YIZHAN_CALLED_FROM="$called_from" exec node --import tsx scripts/start.ts "$@"
