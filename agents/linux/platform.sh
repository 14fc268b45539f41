#!/bin/bash
# ecoflow-power agent for Linux: shuts this machine down on a command of the power server, or when the server is silent
# in an outage; acknowledges each step; can be aborted until the last moment.
# Needs bash, mosquitto_sub and mosquitto_pub (apt install mosquitto-clients), awk; openssl only with AGENT_KEY.

# shellcheck disable=SC2154  # field_* and kind_* are set by name, in read_payload
# shellcheck disable=SC2016  # awk reads the $ in its programs
# shellcheck disable=SC2034  # some names are read by name, and some only by the other platform
[ -n "$BASH_VERSION" ] || { echo "shutdown-listener: this script needs bash: run it with: bash $0" >&2; exit 1; }
# Bytes are bytes here, whatever the machine's language is; commands get their own locale back (start_job).
if [ "$LC_ALL" != C ]; then
  export COMMAND_LC_ALL=$LC_ALL LC_ALL=C
  exec "$BASH" "$0" "$@"
fi

PLATFORM=linux
DEFAULT_AGENT_ID=linux-agent
DEFAULT_SHUTDOWN_CMD="shutdown -h +1"
DEFAULT_ABORT_CMD="shutdown -c"
DEFAULT_RUN_DIR=/run/ecoflow-agent
DEFAULT_STATE_DIR=/var/lib/ecoflow-agent
COMEBACK_TOOL=rtcwake
INSTALL_HINT="apt install mosquitto-clients"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BUSY_TICK=0.2           # bash 4 and newer wait for parts of a second; deadlines are met closer while one runs
CLOCK_GRAIN=0           # hundredths of a second by which the count of time may be ahead
PROC=/proc
SYS=/sys
[ -z "$ECOFLOW_POWER_DEMO" ] || SYS=${ECOFLOW_POWER_SYS:-/sys}
[ -z "$ECOFLOW_POWER_DEMO" ] || PROC=${ECOFLOW_POWER_PROC:-/proc}     # tests bring their own uptime and boot id

# ---------------------------------------------------------------- time on Linux

# Sets uptime_cs: hundredths of a second since boot, sleep included.
read_uptime() {
  local up
  read -r up _ <"$PROC/uptime"
  uptime_cs=$((10#${up/./}))
}

read_boot_id() { read -r boot_id <"$PROC/sys/kernel/random/boot_id"; }

start_clock() {
  read_uptime
  tick_uptime=$uptime_cs
}

# Adds the time since the last tick to "now". Where uptime ran more than 5 s ahead of the tick the machine slept
# (slept=1); one tick never counts more than 10 s.
count_tick() {
  local passed
  read_uptime
  passed=$((uptime_cs - tick_uptime))
  tick_uptime=$uptime_cs
  slept=0
  [ "$passed" -le 600 ] || slept=1
  [ "$passed" -le 1000 ] || passed=1000
  now=$((now + passed))
}

# Prints the arguments of a process, each followed by a blank. BusyBox's ps knows no -p.
process_args() {
  local word
  while IFS= read -r -d '' word; do printf '%s ' "$word"; done <"/proc/$1/cmdline"
} 2>/dev/null

# Prints what tells this machine from others, as far as it has something. A copied disk has the same machine-id and
# host name, so the hardware counts too: the board's UUID (root only) or serial number, else its network cards.
machine_id() {
  local id file hardware=''
  for file in /etc/machine-id /var/lib/dbus/machine-id \
    "$SYS/class/dmi/id/product_uuid" "$SYS/firmware/devicetree/base/serial-number"; do
    id=
    { IFS= read -r id <"$file"; } 2>/dev/null
    printf '%s/' "$id"
    case "$file" in "$SYS"/*) hardware=$hardware$id ;; esac
  done
  [ -z "$hardware" ] || return 0
  set +f                # this function runs in a subshell
  for file in "$SYS"/class/net/*/device; do
    id=
    { read -r id <"${file%device}address"; } 2>/dev/null
    printf '%s/' "$id"
  done
}

# ---------------------------------------------------------------- coming back on Linux

# Sets wake_command and wake_cancel.
prepare_comeback() {
  wake_command="rtcwake -m no -s $COMEBACK_SEC"
  wake_cancel='rtcwake -m disable'
}
