#!/usr/bin/env bash
# Everything that is checked before a change lands: installs what the tests need, then format and
# lint, types, and all tests. A suite whose parts are missing is a failure here.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh

# What the real parts in the tests are made of: a card reader stack with a virtual card, a broker,
# certificates, a pseudo-terminal for the simulated Arduino, and a browser with a font for Chinese
# and Korean.
install_debian build-essential python3 pcscd libccid libpcsclite-dev vsmartcard-vpcd \
  mosquitto mosquitto-clients openssl socat chromium fonts-wqy-microhei

# The card reader's binding is optional, and left out where its library was missing at the time.
[ -d node_modules/nfc-pcsc ] || rm -f node_modules/.yizhan-installed
install_npm all

# How long stations and hub are tormented (test/end-to-end/torture.test.ts); half of it on each broker.
export YIZHAN_TORTURE_SECONDS="${YIZHAN_TORTURE_SECONDS:-60}"

npm run --silent lint
npm run --silent typecheck
# A few hundred runs find what a handful does not; `npm test` alone is quicker.
export YIZHAN_SIMULATION_RUNS="${YIZHAN_SIMULATION_RUNS:-500}"
exec node --import tsx scripts/test.ts --require-all "$@"
