#!/bin/bash
# ecoflow-power agent for macOS: shuts this machine down on a command of the power server, or when the server is silent
# in an outage; acknowledges each step; can be aborted until the last moment.
# Needs what macOS has (bash 3.2, awk, openssl) and mosquitto_sub and mosquitto_pub (brew install mosquitto).

# shellcheck disable=SC2154  # field_* and kind_* are set by name, in read_payload
# shellcheck disable=SC2016  # awk reads the $ in its programs
# shellcheck disable=SC2034  # some names are read by name, and some only by the other platform
[ -n "$BASH_VERSION" ] || { echo "shutdown-listener: this script needs bash: run it with: bash $0" >&2; exit 1; }
# Bytes are bytes here, whatever the machine's language is; commands get their own locale back (start_job).
if [ "$LC_ALL" != C ]; then
  export COMMAND_LC_ALL=$LC_ALL LC_ALL=C
  exec "$BASH" "$0" "$@"
fi

PLATFORM=macos
DEFAULT_AGENT_ID=macos-agent
DEFAULT_SHUTDOWN_CMD="shutdown -h +1"
DEFAULT_ABORT_CMD="killall shutdown"
DEFAULT_RUN_DIR=/var/run/ecoflow-agent
DEFAULT_STATE_DIR=/var/db/ecoflow-agent
PATH=$PATH:/opt/homebrew/bin:/usr/local/bin:/usr/sbin:/sbin     # launchd's PATH is short
COMEBACK_TOOL=pmset
INSTALL_HINT="brew install mosquitto"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BUSY_TICK=1             # bash 3.2 waits for whole seconds only
CLOCK_GRAIN=100         # hundredths of a second by which the count of time may be ahead

# ---------------------------------------------------------------- time on macOS

# Sets uptime_cs: hundredths of a second since boot, sleep included. Both the date and the boot time move when the
# clock is set, so their difference does not.
read_uptime() {
  local boot
  boot=$(sysctl -n kern.boottime)
  boot=${boot#*sec = }
  boot=${boot%%,*}
  uptime_cs=$((($(date +%s) - ${boot:-0}) * 100))
}

read_boot_id() {
  boot_id=$(sysctl -n kern.bootsessionuuid 2>/dev/null)
  [ -n "$boot_id" ] || boot_id=$(sysctl -n kern.boottime | tr -cd '0-9A-Za-z')
}

start_clock() {
  read_uptime
  uptime_base=$uptime_cs
  now_base=$now
  last_seconds=$SECONDS
}

# Adds the time since the last tick to "now". bash 3.2 has no clock but SECONDS, which follows the wall clock: it is
# believed while it moves by 0 to 2 s. Otherwise the clock was set, or the machine was busy or asleep, and uptime
# tells which: more than 5 s ahead of the ticks is sleep (slept=1); one tick never counts more than 10 s.
count_tick() {
  local passed=$((SECONDS - last_seconds)) missing
  last_seconds=$SECONDS
  slept=0
  if [ "$passed" -ge 0 ] && [ "$passed" -le 2 ]; then
    now=$((now + passed * 100))
    return
  fi
  read_uptime
  missing=$((uptime_cs - uptime_base - (now - now_base)))
  [ "$missing" -le 600 ] || slept=1
  [ "$missing" -le 1000 ] || missing=1000
  [ "$missing" -ge 0 ] || missing=0
  now=$((now + missing))
  start_clock
}

# Prints the arguments of a process.
process_args() { ps -o args= -p "$1" 2>/dev/null; }

# Prints an id of this machine, or nothing.
machine_id() { ioreg -rd1 -c IOPlatformExpertDevice 2>/dev/null | awk -F '"' '/IOPlatformUUID/ { print $4 }'; }

# ---------------------------------------------------------------- coming back on macOS

# Sets wake_command and wake_cancel; pmset cancels an event by the same text.
prepare_comeback() {
  local moment
  moment=$(date -v "+${COMEBACK_SEC}S" '+%m/%d/%y %H:%M:%S')
  wake_command="pmset schedule wakeorpoweron \"$moment\""
  wake_cancel="pmset schedule cancel wakeorpoweron \"$moment\""
}
