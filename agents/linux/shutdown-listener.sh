#!/bin/bash
# Generated: assembled from agents/common and agents/linux by agents/assemble.sh. Edit there, not here.
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

# ---------------------------------------------------------------- start
# It waits for messages of the broker in ticks of one second and keeps its own count of time ("now", in hundredths
# of a second), because a machine's wall clock jumps and a sleeping machine receives nothing.
# Text from the wire is compared and logged, never executed.

VERSION=0.1.0
TRUSTED_GAP_SEC=600     # a countdown or dead-man survives a restart of the agent no longer than this
SETTINGS="AGENT_ID MQTT_BROKER MQTT_HOST MQTT_PORT MQTT_USER MQTT_PASS MQTT_CA AGENT_KEY SHUTDOWN_CMD ABORT_CMD
LOG_FILE DRY_RUN PRE_SHUTDOWN_TIMEOUT PRE_SHUTDOWN_TOTAL DEADMAN COMEBACK COMEBACK_SEC STILL_UP_SEC NETWORK"
NUMBERED="PRE_SHUTDOWN_CMD PRE_SHUTDOWN_TIMEOUT POST_ABORT_CMD SHED_CMD RESTORE_CMD"

set -f                  # nothing here wants file name patterns

log() {
  local line
  line="[$(date '+%Y-%m-%d %H:%M:%S')] $*"
  if [ -n "$LOG_FILE" ]; then printf '%s\n' "$line" >>"$LOG_FILE"; else printf '%s\n' "$line"; fi
}

die() {
  printf 'shutdown-listener: %s\n' "$*" >&2
  exit 1
}

# Sets a variable by its name, which comes from a list of our own, never from outside. (In bash 3.2 `printf -v` leaves
# the variable as it was when the text is empty.)
assign() { eval "$1=\$2"; }

# Prints hundredths of a second as seconds: 1234 -> 12.34.
seconds() { printf '%d.%02d' $(($1 / 100)) $(($1 % 100)); }

usage() {
  cat <<EOT
shutdown-listener.sh $VERSION: shuts this machine down on a command of the power server

  shutdown-listener.sh [run] [--dry-run]           listen (--dry-run: everything but the shutdown itself)
  shutdown-listener.sh doctor                      check everything, say "armed" or why not
  shutdown-listener.sh install [--dry-run] [--root DIR]
  shutdown-listener.sh uninstall [--dry-run] [--root DIR] [--keep-settings]

Settings: .env beside this script, or /etc/ecoflow-power/agent.env; the environment wins. See agents/README.md.
EOT
}

wrong_usage() {
  printf 'shutdown-listener: %s\n' "$*" >&2
  usage >&2
  exit 2
}

read_arguments() {
  mode=run only_show=0 keep_settings=0 ROOT=''
  case "$1" in run | doctor | install | uninstall) mode=$1; shift ;; esac
  while [ $# -gt 0 ]; do
    case "$1" in
      --dry-run) only_show=1; DRY_RUN=1 ;;
      --keep-settings) keep_settings=1 ;;
      --root)
        case "$2" in /*) ROOT=${2%/}; shift ;; *) wrong_usage "--root needs an absolute folder" ;; esac ;;
      --version) printf '%s\n' "$VERSION"; exit 0 ;;
      --help | -h) usage; exit 0 ;;
      *) wrong_usage "there is no \"$1\": write run, doctor, install or uninstall, or --help" ;;
    esac
    shift
  done
}

read_arguments "$@"
# Needed no more: what follows takes their room.
unset -f usage wrong_usage read_arguments

# ---------------------------------------------------------------- lines of the settings file
# NAME=value, parsed and never executed. The server reads its .env by the same rules; one table of lines tests both.

mistakes=
doubts=''      # what is no mistake and may be meant otherwise, a line each; said at the start and by the doctor

mistake() { mistakes="$mistakes
  - $*"; }

say_doubts() { # function
  local line
  while IFS= read -r line; do [ -z "$line" ] || "$1" "$line"; done <<EOT
$doubts
EOT
}

is_setting() {
  local name
  for name in $SETTINGS; do [ "$1" = "$name" ] && return 0; done
  for name in $NUMBERED; do
    case "$1" in "${name}_"[1-9]) return 0 ;; esac
  done
  return 1
}

looks_like_ours() {
  case "$1" in
    AGENT_* | MQTT_* | PRE_* | POST_* | SHUT* | ABORT* | SHED* | RESTORE* | DEAD* | COMEBACK* | DRY* | LOG_* | STILL_* | NETWORK_*) return 0 ;;
  esac
  return 1
}

trim() {
  value=${value#"${value%%[![:space:]]*}"}
  value=${value%"${value##*[![:space:]]}"}
}

# Sets inner and returns 0 when value is one quoted text, perhaps with a comment behind it. It ends at the first such
# quote with nothing but a comment behind it; in a command a quote behind a backslash does not end it.
read_quoted() { # command 0|1
  local quote=${value:0:1} rest=${value:1} piece behind
  inner=
  while :; do
    case "$rest" in *"$quote"*) ;; *) return 1 ;; esac
    piece=${rest%%"$quote"*}
    rest=${rest#*"$quote"}
    inner=$inner$piece
    behind=${rest#"${rest%%[![:space:]]*}"}
    case "$1$quote$piece" in
      1\"*\\) ;;
      *) case "$behind" in '' | \#*) return 0 ;; esac ;;
    esac
    inner=$inner$quote
  done
}

# Takes outer quotes and the comment off value. A command with further quotes inside keeps everything: the shell that
# runs it knows quotes and comments itself. Returns 1 when the quote of a plain value is never closed.
unquote() { # name
  local inner command=0
  case "$1" in *_CMD | *_CMD_[1-9]) command=1 ;; esac
  case "$command$value" in
    0[\"\']*)
      read_quoted 0 || return 1
      value=$inner
      trim ;;
    1\"*)
      read_quoted 1 || return 0
      case "${inner//\\\"/}" in *\"*) ;; *) value=${inner//\\\"/\"} ;; esac ;;
    1\'*)
      read_quoted 1 || return 0
      case "$inner" in *\'*) ;; *) value=$inner ;; esac ;;
    0*[[:space:]]\#*)
      value=${value%%[[:space:]]\#*}
      trim ;;
  esac
}

# In `NAME= # text` the text is a comment; in `NAME=#text` it is the value, as in a shell.
read_value() { # text behind the equals sign
  value=$1
  trim
  case "$1" in [[:space:]]*) case "$value" in \#*) value= ;; esac ;; esac
}

# A comment has a blank behind its "#"; without one it is rather a part of the password that would be lost.
note_cut() { # name line
  case "$1" in MQTT_PASS | AGENT_KEY) ;; *) return 0 ;; esac
  case "$value" in [\"\']*) ;; *[[:space:]]\#[![:space:]]*)
    doubts="$doubts
line $2 of $settings_file: $1 ends before \" #\", what follows counts as a comment; if it belongs to the value, put the value in quotes" ;;
  esac
}

read_settings_line() { # line number
  local name value earlier
  value=$1
  trim
  case "$value" in '' | \#* | \$*) return ;; esac
  case "$value" in
    *=*) ;;
    *) mistake "line $2 is not of the form NAME=value: write it so, or put # before it"; return ;;
  esac
  name=${value%%=*}
  name=${name#export[[:space:]]}
  name=${name#"${name%%[![:space:]]*}"}
  name=${name%"${name##*[![:space:]]}"}
  if ! is_setting "$name"; then
    strangers="$strangers$2 $name
"
    return
  fi
  case "$seen " in
    *" $name:"*)
      earlier=${seen##*" $name:"}
      mistake "line $2: $name is there twice (also in line ${earlier%% *}): keep one of them"
      return ;;
  esac
  seen="$seen $name:$2"
  read_value "${value#*=}"
  note_cut "$name" "$2"
  unquote "$name" || { mistake "line $2: the quote before the value of $name is never closed: close it, or write no quote"; return; }
  [ -n "${!name+set}" ] || assign "$name" "$value"
}

# Splits at every kind of line end. A byte order mark is skipped; another encoding would hide every name.
read_settings_lines() {
  local line number=0
  while IFS= read -r line || [ -n "$line" ]; do
    if [ "$number" = 0 ]; then
      line=${line#$'\xef\xbb\xbf'}
      case "$line" in $'\xff\xfe'* | $'\xfe\xff'*) mistake "the file is UTF-16: save it as UTF-8"; return ;; esac
    fi
    line=${line%$'\r'}
    while :; do
      number=$((number + 1))
      read_settings_line "${line%%$'\r'*}" "$number"
      case "$line" in *$'\r'*) line=${line#*$'\r'} ;; *) break ;; esac
    done
  done
}

# Docker's --env-file and systemd hand values over as they stand in the file. From a secret only a pair of outer quotes
# is taken, because a # may belong to it.
unwrap_environment() {
  local name value raw
  for name in $(compgen -e); do
    is_setting "$name" || continue
    raw=${!name}
    value=$raw
    case "$name" in
      MQTT_PASS | AGENT_KEY)
        trim
        case "$value" in \"*\" | \'*\') [ ${#value} -lt 2 ] || value=${value:1:${#value}-2} ;; *) value=$raw ;; esac ;;
      *) read_value "$raw"; unquote "$name" || value=$raw ;;
    esac
    [ "$value" = "$raw" ] || assign "$name" "$value"
  done
}

# Prints "<where> <name> <nearest setting or -> <1 when it is a near miss>" for each line "<where> <name>". Upper and
# lower case, _ - . and blanks do not count; the limits are those of the server.
NEAREST='
function plain(word) { word = toupper(word); gsub(/[-_. \t]/, "", word); return word }
function least(a, b) { return a < b ? a : b }
function distance(a, b,   i, j, row, la, lb) {
  la = length(a); lb = length(b)
  for (j = 0; j <= lb; j++) row[0, j] = j
  for (i = 1; i <= la; i++) {
    row[i, 0] = i
    for (j = 1; j <= lb; j++) {
      row[i, j] = least(least(row[i - 1, j], row[i, j - 1]) + 1, row[i - 1, j - 1] + (substr(a, i, 1) != substr(b, j, 1)))
      if (i > 1 && j > 1 && substr(a, i, 1) == substr(b, j - 1, 1) && substr(a, i - 1, 1) == substr(b, j, 1))
        row[i, j] = least(row[i, j], row[i - 2, j - 2] + 1)
    }
  }
  return row[la, lb]
}
BEGIN { count = split(names, known, " ") }
NF {
  where = $1; sub(/^[^ ]* /, ""); word = plain($0); limit = int(length(word) / 3); if (limit < 1) limit = 1
  best = limit + 1; near = "-"
  for (i = 1; i <= count; i++) { edits = distance(word, plain(known[i])); if (edits < best) { best = edits; near = known[i] } }
  name = $0; gsub(/[ \t]/, "?", name)
  print where, name, near, (near != "-" && best <= (length(name) >= 10 ? 2 : 1)), best
}'

# An unknown name is refused when it begins like ours or is nearly one of ours; all others belong to other programs. In
# the environment only another spelling of the same letters counts.
check_strangers() {
  local names base i where name near is_near edits
  strangers="$strangers$(compgen -e | awk 'toupper($0) ~ /^(AGENT|MQTT|PRE|POST|SHUT|DRY|DEAD|ABORT|COMEBACK|SHED|RESTORE|STILL)/ { print "environment " $0 }')"
  [ -n "$strangers" ] || return 0
  names=$SETTINGS
  for base in $NUMBERED; do for i in 1 2 3 4 5 6 7 8 9; do names="$names ${base}_$i"; done; done
  while read -r where name near is_near edits; do
    if [ -z "$where" ] || is_setting "$name"; then continue; fi
    case "$where" in
      environment) [ "$edits" = 0 ] || continue; where="the environment" ;;
      *) [ "$is_near" = 1 ] || looks_like_ours "$name" || continue; where="line $where" ;;
    esac
    case " $NUMBERED " in
      *" ${name%_[0-9]*} "*) near="; they are numbered from 1 to 9" ;;
      *) [ "$near" = - ] || near="; did you mean $near?" ;;
    esac
    mistake "$where: there is no setting called $name${near#-}"
  done <<EOT
$(printf '%s\n' "$strangers" | awk -v names="${names//$'\n'/ }" "$NEAREST")
EOT
}

# ---------------------------------------------------------------- can a command be run?
# Checks the program of a command line, also behind `sudo` and the like. What only a shell can know (variables,
# substitutions, compound commands) is not judged.

# Finds a program, a builtin or a keyword of the shell. Our own functions are none.
is_runnable() {
  case "$(type -t -- "$1")" in builtin | keyword) return 0 ;; esac
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin type -P -- "$1" >/dev/null
}

# Sets word to the first word of rest and takes it off; returns 1 when it cannot be judged.
first_word() {
  local quote
  rest=${rest#"${rest%%[![:space:]]*}"}
  case "$rest" in
    [\"\']*)
      quote=${rest:0:1}
      rest=${rest:1}
      word=${rest%%"$quote"*}
      rest=${rest#*"$quote"}
      case "$rest" in '' | [[:space:]\;\&\|]*) ;; *) return 1 ;; esac ;;
    *)
      word=${rest%%[[:space:]\;\&\|\<\>]*}
      rest=${rest#"$word"} ;;
  esac
  case "$word" in *[\$\`\\\"\'\(\)\{\}\*\?\~\[\]]*) return 1 ;; esac
}

# Skips an option of wrapper, and its value. Returns 1 for any other option: it may take a value that looks like a
# command, and a command that works must never be refused.
skip_option() {
  local letters
  case "$wrapper$word" in
    sudo-- | env-- | command-- | nohup-- | env-i | env- | exec-c | exec-l | command-p) return 0 ;;
    sudo-[!-]*) ;;
    *) return 1 ;;
  esac
  letters=${word#-}
  while :; do case "$letters" in [AbEHKknPS]*) letters=${letters#?} ;; *) break ;; esac; done
  case "$letters" in
    [CDghpRrTtu]) first_word ;;
    '' | [CDghpRrTtu]?*) return 0 ;;
    *) return 1 ;;
  esac
}

# Sets problem: why the command cannot be run, or nothing; and program: what it runs, or nothing where only a shell knows.
find_problem() { # command
  local rest=$1 word wrapper=''
  problem='' program=''
  while first_word; do
    case "$word" in
      '') [ -z "$wrapper" ] || problem="there is nothing behind $wrapper"; return ;;
      \#*) problem="it is only a comment and runs nothing"; return ;;
      [A-Za-z_]*=*) continue ;;
      -*) skip_option || return 0; continue ;;
    esac
    if ! is_runnable "$word"; then
      case "$word" in
        */*) if [ -e "$word" ]; then problem="$word cannot be run (chmod +x)"; else problem="there is no $word"; fi ;;
        *) problem="there is no $word in PATH" ;;
      esac
      return
    fi
    case "${word##*/}" in sudo | exec | command | nohup | env) wrapper=${word##*/} ;; *) program=$word; return ;; esac
  done
}

# Calls a function with "<name>: <why>" for each command that cannot be run.
each_unrunnable() { # function name…
  local report=$1 name problem program
  shift
  for name in "$@"; do
    [ -n "${!name}" ] || continue
    find_problem "${!name}"
    [ -z "$problem" ] || "$report" "$name cannot be run: $problem: ${!name} (install it, or correct $name)"
  done
}

# Sets commands to the names of all other commands that are set.
other_commands() {
  local base i name
  commands=
  [ -z "$ABORT_CMD" ] || commands=ABORT_CMD
  for base in PRE_SHUTDOWN_CMD POST_ABORT_CMD SHED_CMD RESTORE_CMD; do
    for i in 1 2 3 4 5 6 7 8 9; do
      name=${base}_$i
      [ -z "${!name}" ] || commands="$commands $name"
    done
  done
}

warn_unrunnable() {
  local commands
  other_commands
  # shellcheck disable=SC2086  # a list of names
  each_unrunnable log $commands
}

# ---------------------------------------------------------------- settings
# Read from the environment first, then from .env beside this script or from /etc/ecoflow-power/agent.env.
# The file is parsed line by line; nothing in it is executed while it is read.

# Owner and mode of a file that holds commands and perhaps secrets ("ls -ldn" is the same on every platform).
check_settings_file() {
  local mode owner
  read -r mode _ owner _ <<EOT
$(ls -ldnL "$1")
EOT
  case "$owner" in 0 | "$EUID") ;; *) mistake "$1 belongs to user $owner; whoever owns it decides what runs here: chown root $1" ;; esac
  case "$mode" in
    ?????w* | ????????w*) mistake "$1 can be written by others ($mode), who could then run commands here: chmod 600 $1" ;;
    ????------*) ;;
    *) [ -z "$MQTT_PASS$AGENT_KEY" ] || mistake "$1 holds a password or key and can be read by others ($mode): chmod 600 $1" ;;
  esac
}

load_settings() {
  local line seen='' strangers=''
  settings_file=
  [ -z "$ECOFLOW_POWER_AGENT_ENV" ] || [ -e "$ECOFLOW_POWER_AGENT_ENV" ] ||
    die "there is no file $ECOFLOW_POWER_AGENT_ENV that this user ($EUID) can see: correct ECOFLOW_POWER_AGENT_ENV, which names the settings file, or unset it"
  unwrap_environment
  for line in "$ECOFLOW_POWER_AGENT_ENV" "$HERE/.env" /etc/ecoflow-power/agent.env; do
    if [ -n "$line" ] && [ -e "$line" ]; then settings_file=$line; break; fi
  done
  if [ -n "$settings_file" ]; then
    [ -r "$settings_file" ] || die "$settings_file cannot be read by this user ($EUID): run the agent as root, or as the file's owner"
    read_settings_lines <"$settings_file"
    check_settings_file "$settings_file"
  fi
  check_strangers
}

is_whole() { case "$1" in '' | *[!0-9]* | ??????????*) return 1 ;; esac; }

check_range() { # name least most
  if ! is_whole "${!1}" || [ "$((10#${!1}))" -lt "$2" ] || [ "$((10#${!1}))" -gt "$3" ]; then
    mistake "$1 is \"${!1}\" and must be a whole number from $2 to $3"
  else
    assign "$1" "$((10#${!1}))"
  fi
}

check_switch() {
  case "${!1}" in
    1 | on | yes | true) assign "$1" 1 ;;
    0 | off | no | false) assign "$1" 0 ;;
    *) mistake "$1 is \"${!1}\" and must be on or off" ;;
  esac
}

check_command() {
  [ -z "${!1}" ] || /bin/bash -n -c "${!1}" 2>/dev/null || mistake "$1 is no valid shell command (quotes?): ${!1}"
}

# One colon is a port; an IPv6 address has at least two.
check_host() {
  local host
  case "$MQTT_BROKER" in
    *://*)
      host=${MQTT_BROKER#*://} host=${host%%[/:]*}
      mistake "$host_setting \"$MQTT_BROKER\" is no host name or address: write $host_setting=$host, and a port as MQTT_PORT" ;;
    -* | *[!A-Za-z0-9._:%-]*) mistake "$host_setting \"$MQTT_BROKER\" is no host name or address: write it alone, such as $host_setting=192.168.1.5" ;;
    *:*:*) ;;
    *:*) mistake "$host_setting \"$MQTT_BROKER\" holds a port: write $host_setting=${MQTT_BROKER%:*} and MQTT_PORT=${MQTT_BROKER##*:}" ;;
  esac
}

default_settings() {
  # `shutdown -c` ends with 0 even when it cancelled nothing, so it may stand for an abort only beside the shutdown it
  # can cancel.
  if [ -z "${SHUTDOWN_CMD+set}" ]; then
    SHUTDOWN_CMD=$DEFAULT_SHUTDOWN_CMD
    [ -n "${ABORT_CMD+set}" ] || ABORT_CMD=$DEFAULT_ABORT_CMD
  fi
  host_setting=MQTT_HOST
  [ -z "$MQTT_BROKER" ] || host_setting=MQTT_BROKER
  [ -n "$AGENT_ID" ] || doubts="$doubts
AGENT_ID is not set: this machine is called $DEFAULT_AGENT_ID; set it to the name that the server's configuration has"
  [ -n "$MQTT_BROKER$MQTT_HOST" ] || doubts="$doubts
MQTT_BROKER is not set: the broker is looked for at mosquitto.local; set it to the broker's name or address"
  [ -n "$settings_file$AGENT_ID$MQTT_BROKER$MQTT_HOST" ] || doubts="$doubts
there is no settings file: neither $HERE/.env nor /etc/ecoflow-power/agent.env"
  MQTT_BROKER=${MQTT_BROKER:-${MQTT_HOST:-mosquitto.local}}
  MQTT_PORT=${MQTT_PORT:-1883}
  AGENT_ID=${AGENT_ID:-$DEFAULT_AGENT_ID}
  DRY_RUN=${DRY_RUN:-0}
  DEADMAN=${DEADMAN:-1}
  PRE_SHUTDOWN_TIMEOUT=${PRE_SHUTDOWN_TIMEOUT:-60}
  PRE_SHUTDOWN_TOTAL=${PRE_SHUTDOWN_TOTAL:-180}
  COMEBACK_SEC=${COMEBACK_SEC:-1800}
  STILL_UP_SEC=${STILL_UP_SEC:-300}
  TOPIC=power-manager/$AGENT_ID
}

check_settings() {
  local base i name
  case "$AGENT_ID" in
    orchestrator | plan | events) mistake "AGENT_ID \"$AGENT_ID\" is reserved for the server: choose another, here and in its configuration" ;;
    *[!A-Za-z0-9._-]*) mistake "AGENT_ID \"$AGENT_ID\" may hold letters, digits, dot, underscore and dash only: write AGENT_ID=${AGENT_ID//[!A-Za-z0-9._-]/-}, and the same in the server's configuration" ;;
  esac
  [ ${#AGENT_ID} -le 64 ] || mistake "AGENT_ID is longer than 64 characters"
  check_host
  check_range MQTT_PORT 1 65535
  check_range PRE_SHUTDOWN_TIMEOUT 1 86400
  check_range PRE_SHUTDOWN_TOTAL 1 86400
  check_range COMEBACK_SEC 60 604800
  check_range STILL_UP_SEC 1 86400
  check_switch DRY_RUN
  check_switch DEADMAN
  case "$COMEBACK" in rtc | '') ;; *) mistake "COMEBACK is \"$COMEBACK\" and must be rtc or empty" ;; esac
  case "$NETWORK" in battery | mains | '') ;; *) mistake "NETWORK is \"$NETWORK\" and must be battery or mains" ;; esac
  [ -z "$MQTT_CA" ] || [ -r "$MQTT_CA" ] || mistake "MQTT_CA \"$MQTT_CA\" cannot be read: name the PEM file of the authority that signed the broker's certificate"
  case "$MQTT_USER$MQTT_PASS" in *$'\n'*) mistake "MQTT_USER and MQTT_PASS must be one line" ;; esac
  [ -z "$MQTT_PASS" ] || [ -n "$MQTT_USER" ] || mistake "MQTT_PASS is set without MQTT_USER: set the user too"
  [ -n "$SHUTDOWN_CMD" ] || mistake "SHUTDOWN_CMD is empty: this machine would never go down"
  check_command SHUTDOWN_CMD
  # The doctor reports it with everything else.
  [ "$mode" = doctor ] || each_unrunnable mistake SHUTDOWN_CMD
  check_command ABORT_CMD
  for base in $NUMBERED; do
    for i in 1 2 3 4 5 6 7 8 9; do
      name=${base}_$i
      [ -n "${!name}" ] || continue
      if [ "$base" = PRE_SHUTDOWN_TIMEOUT ]; then check_range "$name" 1 86400; else check_command "$name"; fi
    done
  done
  check_demo
}

# A recorder is a script whose second line marks it, called without any shell syntax. In a demo or a test SHUTDOWN_CMD
# may be nothing else: a rehearsal must not be able to switch a real machine off.
is_recorder() {
  local file=${1%% *} second
  case "$1" in /*) ;; *) return 1 ;; esac
  case "$1" in *[!A-Za-z0-9\ ./_+@=-]*) return 1 ;; esac
  { read -r _ && read -r second; } <"$file" 2>/dev/null || return 1
  case "$second" in '# ecoflow-power recorder'*) return 0 ;; esac
  return 1
}

check_demo() {
  [ -n "$ECOFLOW_POWER_DEMO" ] || return 0
  is_recorder "$SHUTDOWN_CMD" ||
    mistake "ECOFLOW_POWER_DEMO is set and SHUTDOWN_CMD is not a recorder (a script whose second line begins with \"# ecoflow-power recorder\"): $SHUTDOWN_CMD"
  [ "$COMEBACK" != rtc ] || is_recorder "$(command -v "$COMEBACK_TOOL")" ||
    mistake "ECOFLOW_POWER_DEMO is set, COMEBACK is rtc and $COMEBACK_TOOL is not a recorder"
}

# All mistakes are reported at once; a wrong setting never falls back to a default.
use_settings() {
  load_settings
  default_settings
  check_settings
  if [ -n "$LOG_FILE" ] && ! { : >>"$LOG_FILE"; } 2>/dev/null; then mistake "LOG_FILE \"$LOG_FILE\" cannot be written: make its folder, or name another file"; fi
  [ -z "$mistakes" ] || die "the settings${settings_file:+ in $settings_file} are not usable:$mistakes"
  export -n MQTT_PASS AGENT_KEY COMMAND_LC_ALL
}

case "$mode" in run | doctor)
  use_settings
  # The agent stays small: what is not needed again makes room for what follows.
  unset -f mistake note_cut is_setting looks_like_ours trim read_quoted unquote read_value read_settings_line read_settings_lines \
    unwrap_environment check_strangers check_settings_file load_settings is_whole check_range check_switch check_command \
    check_host default_settings check_settings check_demo use_settings
  unset NEAREST
  if [ "$mode" = run ]; then
    say_doubts log
    unset -f say_doubts
    unset doubts
  fi
  ;;
esac

# ---------------------------------------------------------------- JSON
# A small strict JSON reader in awk. The payload comes as hex and stays hex: awk never makes a byte of it, and bash
# decodes only the few texts it needs. Input: one byte a line. Output: one known top-level field a line,
# "<name> <kind> <value>", kind: text (hex, cut at 512 bytes) | odd (a text with quotes, backslashes or control
# characters, those replaced by spaces) | whole | number | true | false | null | nested; or one line "bad <why>".

JSON_READER='
BEGIN {
  for (i = 32; i < 127; i++) letter[sprintf("%02x", i)] = sprintf("%c", i)
  for (i = 0; i < 256; i++) byte[sprintf("%02x", i)] = i
  wanted = " id action delay_sec reason ttl_sec issued_at outage epoch seq station dry_run sig" \
    " on_battery soc runtime_sec deadman_sec at online boot armed phase state "
}
{ b[n++] = $0; if (!($0 in byte)) garbled = 1 }
END {
  if (garbled) bad("the line is garbled")
  pos = 0; out = ""
  space()
  if (b[pos] != "7b") bad("not a JSON object")
  object(1)
  space()
  if (pos != n) bad("something follows the JSON object")
  printf "%s", out
}
function bad(why) { print "bad " why; failed = 1; exit 1 }
function space() { while (b[pos] == "20" || b[pos] == "0a" || b[pos] == "0d" || b[pos] == "09") pos++ }
function expect(c, what) { if (b[pos] != c) bad(what " expected at byte " pos + 1); pos++ }
function object(depth,   key, name) {
  if (depth > 20) bad("nested too deeply")
  expect("7b", "{"); space()
  if (b[pos] == "7d") { pos++; return }
  for (;;) {
    space(); key = text(); name = plain(key); space(); expect("3a", "colon")
    value(depth)
    if (depth == 1 && index(wanted, " " name " ")) {
      if (name in seen) bad(name " is there twice")
      seen[name] = 1
      out = out name " " kind " " val "\n"
    }
    space()
    if (b[pos] == "7d") { pos++; return }
    expect("2c", "comma")
  }
}
function array(depth) {
  if (depth > 20) bad("nested too deeply")
  pos++; space()
  if (b[pos] == "5d") { pos++; return }
  for (;;) {
    value(depth); space()
    if (b[pos] == "5d") { pos++; return }
    expect("2c", "comma")
  }
}
function value(depth,   c) {
  space(); c = b[pos]
  if (c == "7b") { object(depth + 1); kind = "nested"; val = "" }
  else if (c == "5b") { array(depth + 1); kind = "nested"; val = "" }
  else if (c == "22") { val = text(); kind = odd ? "odd" : "text" }
  else if (c == "74") word("true") 
  else if (c == "66") word("false")
  else if (c == "6e") word("null")
  else number()
}
function word(w,   i) {
  for (i = 1; i <= length(w); i++) if (letter[b[pos++]] != substr(w, i, 1)) bad("a literal that JSON does not know")
  kind = w; val = ""
}
function number(   s, c) {
  s = ""
  while (index("+-.0123456789eE", c = letter[b[pos]]) && c != "") { s = s c; pos++; if (length(s) > 40) bad("a number too long") }
  if (s !~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) bad("a value that JSON does not know at byte " pos + 1)
  kind = (s ~ /^(0|[1-9][0-9]*)$/ && length(s) <= 16) ? "whole" : "number"; val = s
}
function plain(hex,   i, s) {
  s = ""
  for (i = 1; i < length(hex); i += 2) s = s letter[substr(hex, i, 2)]
  return (s ~ /^[a-z_]+$/) ? s : "?"
}
function add(c) {
  if (c < "20" || c == "7f") { odd = 1; c = "20" }
  if (c == "22" || c == "5c") { odd = 1; c = "20" }
  if (++size <= 512) str = str c
}
function text(   c) {
  expect("22", "a quoted text"); str = ""; size = 0; odd = 0
  while ((c = b[pos]) != "22") {
    if (pos >= n) bad("a text that does not end")
    if (c < "20") bad("a control character in a text")
    pos++
    if (c != "5c") { if (c == "7f") odd = 1; add(c); continue }
    c = letter[b[pos++]]
    if (c == "u") unicode()
    else if (c == "/") add("2f")
    else if (c != "" && index("\"\\bfnrt", c)) add("0a")
    else bad("an escape that JSON does not know")
  }
  pos++
  if (size > 512) odd = 1
  return str
}
function hex4(   i, v, d) {
  v = 0
  for (i = 0; i < 4; i++) {
    d = index("0123456789abcdef", tolower(letter[b[pos++]]))
    if (!d) bad("an escape that JSON does not know")
    v = v * 16 + d - 1
  }
  return v
}
function unicode(   v, w) {
  v = hex4()
  if (v >= 55296 && v < 56320 && letter[b[pos]] letter[b[pos + 1]] == "\\u") {
    pos += 2; w = hex4()
    v = 65536 + (v - 55296) * 1024 + w - 56320
  }
  if (v < 128) { add(sprintf("%02x", v)); return }
  if (v < 2048) add(sprintf("%02x", 192 + int(v / 64)))
  else {
    if (v < 65536) add(sprintf("%02x", 224 + int(v / 4096)))
    else { add(sprintf("%02x", 240 + int(v / 262144))); add(sprintf("%02x", 128 + int(v / 4096) % 64)) }
    add(sprintf("%02x", 128 + int(v / 64) % 64))
  }
  add(sprintf("%02x", 128 + v % 64))
}
'

# Sets text to the bytes of a hex value.
hex_to_text() {
  local hex=$1 escaped=''
  while [ -n "$hex" ]; do
    escaped=$escaped\\x${hex:0:2}
    hex=${hex:2}
  done
  text=''
  [ -z "$escaped" ] || printf -v text '%b' "$escaped"
}

# Reads a payload (hex) into field_<name> and kind_<name>; false, with why in field_error, when it is no JSON object.
read_payload() {
  local name kind value fields
  for name in id action delay_sec reason ttl_sec issued_at outage epoch seq station dry_run sig \
    on_battery soc runtime_sec deadman_sec at online boot armed phase state; do
    assign "field_$name" ''
    assign "kind_$name" ''
  done
  field_error='nothing could be read'
  # No process substitution: bash 5 keeps a table of half a megabyte for the ends of those.
  fields=$(printf '%s' "$1" | fold -w 2 | awk "$JSON_READER")
  while read -r name kind value; do
    [ -n "$name" ] || continue
    field_error=
    if [ "$name" = bad ]; then field_error="$kind $value"; return 1; fi
    case "$kind" in text | odd) hex_to_text "$value"; value=$text ;; esac
    assign "field_$name" "$value"
    assign "kind_$name" "$kind"
  done <<EOT
$fields
EOT
  [ -z "$field_error" ]
}

# ---------------------------------------------------------------- signatures
# HMAC-SHA256 as two SHA-256 over standard input: `openssl dgst -hmac KEY` would show the key to every user of the
# machine. The two padded keys are computed once, as octal escapes for printf.

sha256() { openssl dgst -sha256 -r | cut -c 1-64; }

prepare_key() {
  local hex i byte inner outer
  [ -n "$AGENT_KEY" ] || return 0
  hex=$(printf '%s' "$AGENT_KEY" | od -An -v -tx1 | tr -d ' \n')
  [ ${#hex} -le 128 ] || hex=$(printf '%s' "$AGENT_KEY" | sha256)
  inner_pad='' outer_pad=
  for ((i = 0; i < 64; i++)); do
    byte=${hex:i*2:2}
    byte=$((16#${byte:-0}))
    printf -v inner '\\%03o' $((byte ^ 0x36))
    printf -v outer '\\%03o' $((byte ^ 0x5c))
    inner_pad=$inner_pad$inner
    outer_pad=$outer_pad$outer
  done
}

# Prints the signature of a text.
# shellcheck disable=SC2059  # the pads consist of octal escapes only
sign() {
  local inner i escaped=
  inner=$({ printf "$inner_pad"; printf '%s' "$1"; } | sha256)
  for ((i = 0; i < 64; i += 2)); do escaped=$escaped\\x${inner:i:2}; done
  { printf "$outer_pad"; printf "$escaped"; } | sha256
}

is_signed() { # text
  [ -n "$field_sig" ] && [ "$field_sig" = "$(sign "$1")" ]
}

# ---------------------------------------------------------------- the wire
# Two channels. Descriptor 3 is a FIFO with what the one mosquitto_sub receives, a message a line:
# ":<retained 0|1> <topic> <payload in hex>;". Descriptor 4 is a FIFO with our own messages ("@sent …", "@job …"): the
# ends of what we started. bash can wait for one descriptor only, so each message on 4 is followed by a bare line end on
# 3. Such a line end may fall into a long message and is no part of it, because a message ends with ";".

PIECE=16384             # characters read at a time; our own messages never wait for more than that
LINE_LIMIT=200000       # characters; a longer message (about 100 kB of payload) is dropped while it is read
SHORT_LIMIT=16000       # characters of a power or status message (8 kB); a longer one is dropped before it is parsed
CONNECT_LIMIT=3000      # hundredths of a second for a broker to let us in
HEARTBEAT=3000          # how often our status is published again; its echo proves that the subscription works
ECHO_LIMIT=1500         # how long the echo may take

write_credentials() {
  local tool
  mkdir -p "$RUN/mosquitto"
  for tool in mosquitto_sub mosquitto_pub; do
    {
      [ -z "$MQTT_USER" ] || printf -- '-u %s\n' "$MQTT_USER"
      [ -z "$MQTT_PASS" ] || printf -- '-P %s\n' "$MQTT_PASS"
      [ -z "$MQTT_CA" ] || printf -- '--cafile %s\n' "$MQTT_CA"
    } >"$RUN/mosquitto/$tool"
  done
}

last_will() {
  local at
  if [ -z "$AGENT_KEY" ]; then printf '{"online":false}'; return; fi
  at=$(date +%s)
  printf '{"online":false,"boot":"%s","at":%d,"sig":"%s"}' "$boot_id" "$at" "$(sign "v1|$AGENT_ID|status|0|$boot_id||$at")"
}

# A broker ends a connection when another one comes with the same client id. So that two machines with one AGENT_ID
# both stay connected, the client id carries a hash of what machine_id prints and of the host name.
make_client_id() {
  local text hash=5381 i byte
  text=$(machine_id) || text=
  text=${ECOFLOW_POWER_DEMO:+$ECOFLOW_POWER_MACHINE}$text/$(uname -n)
  for ((i = 0; i < ${#text}; i++)); do
    printf -v byte '%d' "'${text:i:1}"
    hash=$(((hash * 33 + (byte & 255)) & 4294967295))
  done
  printf -v hash '%08x' "$hash"
  client_id=ecoflow-agent-$AGENT_ID-$hash
}

# A killed agent leaves its mosquitto_sub behind; two with one client id would throw each other out for ever.
end_old_listener() {
  local old
  { read -r old <"$RUN/listener"; } 2>/dev/null || return 0
  case "$(process_args "$old")" in *"-i ecoflow-agent-$AGENT_ID"[\ -]*) kill "$old" ;; esac
}

start_listener() {
  local will
  will=$(last_will)
  connected=0
  listener_started=$now
  XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_sub -h "$MQTT_BROKER" -p "$MQTT_PORT" -i "$client_id" \
    -k 15 -q 1 -F ':%r %t %x;' -t "$TOPIC/cmd" -t "$TOPIC/power" -t "$TOPIC/status" \
    --will-topic "$TOPIC/status" --will-qos 1 --will-retain --will-payload "$will" \
    </dev/null >"$RUN/lines" 2>"$RUN/complaints" 3>&- 4>&- &
  listener=$!
  printf '%d\n' "$listener" >"$RUN/listener"
  say_status
}

stop_listener() {
  [ -n "$listener" ] || return 0
  kill "$listener" 2>/dev/null
  kill -CONT "$listener" 2>/dev/null
  listener=
}

# Sets broker_words to the last complaint of mosquitto_sub.
read_complaints() {
  local line
  broker_words=
  while read -r line; do [ -z "$line" ] || broker_words=${line:0:300}; done <"$RUN/complaints"
} 2>/dev/null

# Sets remedy to what a person can do about a complaint of mosquitto_sub, or to nothing.
find_remedy() { # complaint
  remedy=
  case "$1" in
    *uthori[sz]* | *"ser name"*)
      if [ -n "$MQTT_USER" ]; then remedy="the broker refuses the user \"$MQTT_USER\": correct MQTT_USER or MQTT_PASS"
      else remedy="the broker wants an account: set MQTT_USER and MQTT_PASS"; fi ;;
    *onnection\ refused*) remedy="nobody listens there: start the broker, or correct $host_setting and MQTT_PORT" ;;
    *ookup* | *"not known"* | *resol*) remedy="no machine is called $MQTT_BROKER: correct $host_setting, or write the broker's address" ;;
    *TLS* | *SSL* | *ertificate*) remedy="check MQTT_CA, the name in $host_setting, and that MQTT_PORT is the broker's port for TLS (usually 8883)" ;;
    *nreachable* | *"o route"*) remedy="there is no way to it: check $host_setting and the network" ;;
    *"imed out"*)
      remedy="nobody answered: check $host_setting, MQTT_PORT and the network"
      [ -n "$MQTT_CA" ] || remedy="$remedy; if the port wants TLS, set MQTT_CA" ;;
  esac
}

# Only when the FIFO is empty (an idle tick).
watch_listener() {
  local remedy
  if [ -n "$listener" ] && ! kill -0 "$listener" 2>/dev/null; then
    # Also with exit code 0 ("All subscription requests were denied") nothing can be received.
    # It is logged until the pauses are long, and then once in ten minutes.
    read_complaints
    if [ "$listener_pause" -lt 800 ] || [ $((listener_failures % 75)) = 0 ]; then
      find_remedy "$broker_words"
      log "the connection to $MQTT_BROKER:$MQTT_PORT ended${broker_words:+ (mosquitto_sub: $broker_words)}${remedy:+: $remedy}; again in $((listener_pause / 100)) s"
    fi
    listener=
    connected=0
    listener_failures=$((listener_failures + 1))
    listener_retry=$((now + listener_pause))
    [ "$listener_pause" -ge 800 ] || listener_pause=$((listener_pause * 2))
  elif [ -n "$listener" ] && [ "$connected" = 0 ] && [ $((now - listener_started)) -ge "$CONNECT_LIMIT" ]; then
    log "nothing came back from $MQTT_BROKER:$MQTT_PORT in $((CONNECT_LIMIT / 100)) s (may $AGENT_ID read and write its topics? $([ -n "$MQTT_CA" ] || echo "Does the port want TLS? Then set MQTT_CA.")): connecting again"
    reconnect=1
  fi
  if [ "$reconnect" = 1 ]; then
    stop_listener
    listener_retry=$now
  fi
  reconnect=0
  if [ -z "$listener" ] && [ "$now" -ge "$listener_retry" ]; then start_listener; fi
}

# Called with each line that came over our subscription.
heard_something() { # retained
  if [ "$connected" = 0 ] || [ "$1" = 1 ]; then
    [ "$connected" = 1 ] || log "connected to $MQTT_BROKER:$MQTT_PORT as $AGENT_ID"
    connected=1
    listener_pause=100
    listener_failures=0
    # The server has a moment to abort what it no longer wants.
    [ "$settle" = 0 ] || { hold_until=$((now + 200)); settle=0; }
  fi
  echo_due=0
}

heartbeat() {
  [ "$connected" = 1 ] || return 0
  if [ "$echo_due" -gt 0 ] && [ "$now" -ge "$echo_due" ]; then
    log "our own status did not come back: connecting again"
    echo_due=0
    reconnect=1
  elif [ "$now" -ge "$next_heartbeat" ]; then
    echo_due=$((now + ECHO_LIMIT))
    say_status
  fi
}

# ---------------------------------------------------------------- publishing
# One message after the other, each by a mosquitto_pub in the background, so that a dead network never holds up
# a shutdown. A queue entry is "<ack|status> <payload>"; a status is written at the moment it is sent.

queue_first=0 queue_end=0 sending=''

say() { # kind payload
  if [ $((queue_end - queue_first)) -ge 50 ]; then
    unset "queue[queue_first]"
    queue_first=$((queue_first + 1))
  fi
  queue[queue_end]="$1 $2"
  queue_end=$((queue_end + 1))
  send_next
}

say_status() {
  local i
  next_heartbeat=$((now + HEARTBEAT))
  for ((i = queue_first; i < queue_end; i++)); do
    [ "${queue[i]}" != "status " ] || return 0
  done
  say status ''
}

all_said() { [ -z "$sender" ] && [ "$queue_first" -ge "$queue_end" ]; }

status_payload() {
  local at
  at=$(date +%s)
  status_text="{\"online\":$online,\"platform\":\"$PLATFORM\",\"version\":\"$VERSION\",\"armed\":$armed,\"boot\":\"$boot_id\",\"state\":\"$state\""
  if [ -n "$command_id" ]; then status_text="$status_text,\"command\":\"$command_id\""; else status_text="$status_text,\"command\":null"; fi
  status_text="$status_text,\"pre_shutdown_sec\":$pre_shutdown_sec${offline_reason:+,\"reason\":\"$offline_reason\"},\"at\":$at"
  if [ -n "$AGENT_KEY" ]; then
    local up=0
    [ "$online" = false ] || up=1
    status_text="$status_text,\"sig\":\"$(sign "v1|$AGENT_ID|status|$up|$boot_id|$state|$at")\""
  fi
  status_text="$status_text}"
}

# Acknowledges a phase of a command. Extra fields come ready as JSON.
ack() { # id phase [extra]
  local at extra=$3
  at=$(date +%s)
  [ -z "$AGENT_KEY" ] || extra="$extra,\"sig\":\"$(sign "v1|$AGENT_ID|ack|$1|$2|$at")\""
  say ack "{\"id\":\"$1\",\"phase\":\"$2\"$extra,\"at\":$at}"
}

send_next() {
  local topic retain='' body
  [ -z "$sender" ] && [ "$queue_first" -lt "$queue_end" ] && [ "$now" -ge "$send_retry" ] || return 0
  sending=${queue[queue_first]}
  unset "queue[queue_first]"
  queue_first=$((queue_first + 1))
  topic=$TOPIC/${sending%% *}
  body=${sending#* }
  if [ "${sending%% *}" = status ]; then
    retain=-r
    status_payload
    body=$status_text
  fi
  set -m                # a process group of its own, so that a stuck one can be ended whole
  {
    XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_pub -h "$MQTT_BROKER" -p "$MQTT_PORT" -i "$client_id-say" -q 1 $retain -t "$topic" -m "$body" \
      </dev/null >/dev/null 2>&1 3>&- 4>&-
    printf '@sent %d\n' $? >&4
    printf '\n' >&3
  } &
  sender=$!
  set +m
  sender_limit=$((now + 1000))
}

message_sent() { # exit code
  sender=''
  if [ "$1" != 0 ]; then
    queue_first=$((queue_first - 1))
    queue[queue_first]=$sending
    send_retry=$((now + 500))
  fi
  send_next
}

watch_sender() {
  local stuck
  if [ -n "$sender" ] && [ "$now" -ge "$sender_limit" ]; then
    stuck=$sender
    read_own
    [ "$sender" = "$stuck" ] || return 0
    kill -KILL -- "-$sender" 2>/dev/null
    message_sent 1
  fi
  send_next
}

# ---------------------------------------------------------------- state
# What must outlive a kill of the agent, but not a restart of the machine, lies in the run folder: a countdown goes
# on, an id that was carried out is not carried out twice, and the dead-man stays armed. Instants are values of "now".

STATE_NAMES="state command_id command_dry received deadline started seq_kind seq_index seq_deadline retry_at job \
done_id command_outage outage_open power_heard power_seq power_at server_at server_now on_battery deadman_sec"

start_run_folder() {
  local other
  RUN=${RUNTIME_DIRECTORY:-$DEFAULT_RUN_DIR}
  STATE_DIR=${STATE_DIRECTORY:-$DEFAULT_STATE_DIR}
  umask 077
  mkdir -p "$RUN" 2>/dev/null
  [ -w "$RUN" ] || die "cannot write to $RUN: run as root, or set RUNTIME_DIRECTORY to a folder of your own"
  mkdir -p "$STATE_DIR" 2>/dev/null
  { read -r other <"$RUN/pid"; } 2>/dev/null
  # In a container a new agent may get the number of the old one.
  if [ -n "$other" ] && [ "$other" != $$ ]; then
    case "$(process_args "$other")" in
      *shutdown-listener*) die "another agent (process $other) runs on this machine" ;;
    esac
  fi
  printf '%d\n' $$ >"$RUN/pid"
  rm -f "$RUN/lines" "$RUN/own"
  mkfifo "$RUN/lines" "$RUN/own" || die "cannot make a FIFO in $RUN"
  exec 3<>"$RUN/lines" 4<>"$RUN/own"
}

# Before the effect, never instead of it: where the disk refuses, the effect happens all the same.
save_state() {
  local name
  read_uptime
  {
    printf 'boot %s\nuptime %d\nnow %d\n' "$boot_id" "$uptime_cs" "$now"
    for name in $STATE_NAMES; do printf '%s %s\n' "$name" "${!name}"; done
  } >"$RUN/state.new" 2>/dev/null && mv -f "$RUN/state.new" "$RUN/state" 2>/dev/null && return
  [ "$state_complaint" = 1 ] || log "cannot write $RUN/state: after a crash of the agent nothing would be remembered"
  state_complaint=1
}

# The order of commands outlives the machine's restart too: an old signed command must not come back after a boot.
save_order() {
  { printf '%s %s\n' "$last_epoch" "$last_seq" >"$STATE_DIR/order.new" && mv -f "$STATE_DIR/order.new" "$STATE_DIR/order"; } 2>/dev/null
}

load_state() {
  local name value saved_uptime=0 saved_now=0 gap
  last_epoch=-1 last_seq=-1
  if { read -r name value <"$STATE_DIR/order"; } 2>/dev/null && is_whole_or_long "$name" && is_whole_or_long "$value"; then
    [ "$name" -gt "$EPOCH_LIMIT" ] || last_epoch=$name last_seq=$value
  fi
  [ -r "$RUN/state" ] || return 0
  read -r name value <"$RUN/state"
  [ "$value" = "$boot_id" ] || return 0
  while read -r name value; do
    case "$name" in
      uptime) saved_uptime=$value ;;
      now) saved_now=$value ;;
    esac
    case " $STATE_NAMES " in *" $name "*) assign "$name" "$value" ;; esac
  done <"$RUN/state"
  read_uptime
  gap=$((uptime_cs - saved_uptime))
  now=$((saved_now + gap))
  [ "$gap" -gt $((TRUSTED_GAP_SEC * 100)) ] || return 0
  log "the agent was away for $((gap / 100)) s > $TRUSTED_GAP_SEC s: its command is dropped, the server decides again"
  reset_command
  on_battery=
}

is_whole_or_long() { case "$1" in '' | *[!0-9]* | ?????????????????*) return 1 ;; esac; }

reset_command() {
  state=idle
  command_id=
  command_dry=0
  seq_kind=
  started=0
  mains_back=0
}

# ---------------------------------------------------------------- running commands
# One at a time, in the background, in a process group of its own, with nothing to read; its output goes to the log,
# its true exit code comes back as a message of our own.

start_job() { # name command limit-in-seconds (0: none)
  log "$1 starts$([ "$3" = 0 ] || echo ", $3 s at most")"
  job_name=$1
  job_serial=$((job_serial + 1))
  job_gone=0
  job_limit=0
  [ "$3" = 0 ] || job_limit=$((now + $3 * 100))
  set -m
  {
    if [ -n "$COMMAND_LC_ALL" ]; then LC_ALL=$COMMAND_LC_ALL; else unset LC_ALL; fi
    if [ -n "$LOG_FILE" ]; then exec >>"$LOG_FILE" 2>&1; else exec 2>&1; fi
    /bin/bash -c "$2" </dev/null 3>&- 4>&-
    printf '@job %d %d\n' "$job_serial" $? >&4
    printf '\n' >&3
  } &
  job=$!
  set +m
}

# Ends a group: politely now, for good 2 s later. Nobody waits for it.
end_group() {
  kill -TERM -- "-$1" 2>/dev/null
  { sleep 2; kill -KILL -- "-$1"; } </dev/null >/dev/null 2>&1 3>&- 4>&- &
}

drop_job() {
  [ -z "$job" ] || end_group "$job"
  job=
}

watch_job() {
  local gone
  [ -n "$job" ] || return 0
  if [ "$job_limit" -gt 0 ] && [ "$now" -ge "$job_limit" ]; then
    log "$job_name took longer than its limit and is ended"
    drop_job
    job_ended 124
  elif [ "$idle" = 1 ] && ! kill -0 "$job" 2>/dev/null; then
    # Gone without a message, unless it came in this very moment: then the next tick reads it.
    if [ "$job_gone" = 0 ]; then job_gone=1; return; fi
    gone=$job
    read_own
    # Its message was there after all, and perhaps the next job has started.
    [ "$job" = "$gone" ] || return 0
    job=
    job_ended 137
  fi
}

# ---------------------------------------------------------------- sequences
# PRE_SHUTDOWN_CMD_1…9 (kind pre), POST_ABORT_CMD (post), SHED_CMD (shed), RESTORE_CMD (restore), in order.

seq_base() {
  case "$1" in
    pre) base=PRE_SHUTDOWN_CMD ;;
    post) base=POST_ABORT_CMD ;;
    shed) base=SHED_CMD ;;
    restore) base=RESTORE_CMD ;;
  esac
}

has_commands() { # kind
  local i base name
  seq_base "$1"
  for i in 1 2 3 4 5 6 7 8 9; do
    name=${base}_$i
    [ -z "${!name}" ] || return 0
  done
  return 1
}

start_sequence() { # kind
  drop_job
  seq_kind=$1
  seq_index=1
  seq_deadline=$((now + PRE_SHUTDOWN_TOTAL * 100))
  seq_failed=
  next_in_sequence
}

# Starts the command at seq_index or the first one after it.
next_in_sequence() {
  local base name limit left
  seq_base "$seq_kind"
  while [ "$seq_index" -le 9 ]; do
    name=${base}_$seq_index
    if [ -n "${!name}" ]; then
      limit=PRE_SHUTDOWN_TIMEOUT_$seq_index
      limit=${!limit:-$PRE_SHUTDOWN_TIMEOUT}
      if [ "$seq_kind" = pre ]; then
        left=$(((seq_deadline - now + 99) / 100))
        if [ "$left" -le 0 ]; then
          log "the $PRE_SHUTDOWN_TOTAL s for all pre-commands are over: $name and what follows are left out"
          break
        fi
        [ "$limit" -le "$left" ] || limit=$left
      fi
      save_state        # which one, before it starts; and its process, for who has to end it after a crash
      start_job "$name" "${!name}" "$limit"
      save_state
      return
    fi
    seq_index=$((seq_index + 1))
  done
  sequence_ended
}

sequence_ended() {
  local kind=$seq_kind
  seq_kind=
  case "$kind" in
    pre) announce ;;
    post) log "the POST_ABORT commands are done" ;;
    shed) finish_step shed ;;
    restore) finish_step restored ;;
  esac
}

# How long all pre-commands may take together, seconds.
count_pre_shutdown() {
  local i name limit
  pre_shutdown_sec=0
  for i in 1 2 3 4 5 6 7 8 9; do
    name=PRE_SHUTDOWN_CMD_$i
    [ -n "${!name}" ] || continue
    limit=PRE_SHUTDOWN_TIMEOUT_$i
    pre_shutdown_sec=$((pre_shutdown_sec + ${!limit:-$PRE_SHUTDOWN_TIMEOUT}))
  done
  [ "$pre_shutdown_sec" -le "$PRE_SHUTDOWN_TOTAL" ] || pre_shutdown_sec=$PRE_SHUTDOWN_TOTAL
}

job_ended() { # exit code
  local code=$1
  log "$job_name ended with $code"
  case "$seq_kind:$job_name" in
    *:SHUTDOWN_CMD) shutdown_ended "$code"; return ;;
    *:ABORT_CMD) abort_ended "$code"; return ;;
    *:COMEBACK) say_pre_shutdown "$code"; launch_when_said; return ;;
    pre:*) say_pre_shutdown "$code" ;;
    shed:* | restore:*) [ "$code" = 0 ] || seq_failed="{\"cmd\":\"$job_name\",\"code\":$code}" ;;
  esac
  [ -n "$seq_kind" ] || return 0
  seq_index=$((seq_index + 1))
  next_in_sequence
}

say_pre_shutdown() { # exit code
  ack "$command_id" pre_shutdown ",\"exit\":{\"cmd\":\"$job_name\",\"code\":$1}$(elapsed)$dry_mark"
}

# ---------------------------------------------------------------- going down
# idle -> delay -> pre_shutdown -> shutting_down. "shutting_down" has a moment (announcing=1, at most 1 s) in which the
# acknowledgement leaves; SHUTDOWN_CMD starts after it, and that start is the point of no return.

elapsed() { printf ',"elapsed_sec":%s' "$(seconds $((now - received)))"; }

mark_dry() {
  dry_mark=
  [ "$command_dry" = 0 ] || dry_mark=',"dry_run":true'
}

change_state() {
  state=$1
  save_state
  say_status
}

start_countdown() { # seconds
  deadline=$((now + $1 * 100 + CLOCK_GRAIN))
  log "TIMER START: $1 s until the pre-commands (${pre_shutdown_sec} s at most) and SHUTDOWN_CMD; command $command_id${field_reason:+: $field_reason}"
  change_state delay
  [ "$1" = 0 ] || ack "$command_id" delay "$(elapsed)$dry_mark"
}

start_pre_commands() {
  if [ "$seq_kind" = shed ] || [ "$seq_kind" = restore ] || [ "$seq_kind" = post ]; then
    log "the $seq_kind commands are cut short: the machine goes down"
  fi
  drop_job
  seq_kind=
  if ! has_commands pre; then announce; return; fi
  change_state pre_shutdown
  ack "$command_id" pre_shutdown "$(elapsed)$dry_mark"
  start_sequence pre
}

announce() {
  log "SHUTDOWN TRIGGERED after $(seconds $((now - received))) s; command $command_id"
  announcing=1
  change_state shutting_down
  if [ "$COMEBACK" = rtc ] && [ "$command_dry" = 0 ]; then
    prepare_comeback
    start_job COMEBACK "$wake_command" 10
  else
    launch_when_said
  fi
}

launch_when_said() {
  ack "$command_id" shutting_down "$(elapsed)$dry_mark"
  announce_until=$((now + 100))
  announcing=2
}

launch() {
  announcing=0
  if [ "$command_dry" = 1 ]; then
    log "dry run: SHUTDOWN_CMD is not run: $SHUTDOWN_CMD"
    done_id=$command_id
    reset_command
    change_state idle
    if has_commands post; then start_sequence post; fi
    return
  fi
  done_id=$command_id
  started=1
  retry_at=$((now + 3000))
  save_state
  start_job SHUTDOWN_CMD "$SHUTDOWN_CMD" 0
  shutdown_serial=$job_serial
  old_job=$job
  save_state
}

shutdown_ended() { # exit code
  [ "$state" = shutting_down ] || return 0
  if [ "$1" = 0 ]; then
    started=2
    ended_at=$now
    retry_at=$((now + STILL_UP_SEC * 100))
    [ "$mains_back" = 0 ] || retry_at=$((now + MAINS_GRACE))
    save_state
    return
  fi
  started=0
  retry_at=$((now + 3000 + CLOCK_GRAIN))
  log "SHUTDOWN_CMD failed with $1, the machine is still up; again in 30 s unless it is aborted"
  ack "$command_id" failed ",\"exit\":{\"cmd\":\"SHUTDOWN_CMD\",\"code\":$1}$(elapsed)"
  # An abort that was too late for this attempt is not too late for the next.
  if [ -n "$abort_id" ]; then touched=1; abort_now "$abort_id" "SHUTDOWN_CMD failed and is not tried again"; return; fi
  save_state
}

# After SHUTDOWN_CMD: a failure is repeated. Exit code 0 proves nothing (someone may cancel `shutdown -h +1`): a machine
# that slept (suspend, hibernate), is still up after STILL_UP_SEC, or hears that the mains are back, watches again.
watch_shutdown() {
  case "$announcing" in
    1) return ;;
    2)
      if [ "$now" -ge "$hold_until" ] && { all_said || [ "$now" -ge "$announce_until" ]; }; then launch; fi
      return ;;
  esac
  [ -z "$job" ] && [ "$now" -ge "$retry_at" ] || return 0
  if [ "$started" = 2 ]; then
    if [ "$mains_back" = 1 ]; then log "the mains are back and this machine is still up: watching again; $command_id is over"
    else log "still up $STILL_UP_SEC s after SHUTDOWN_CMD ended with 0: watching again; $command_id is over"; fi
    reset_command
    change_state idle
  elif [ "$started" = 1 ]; then
    # The agent was killed while SHUTDOWN_CMD ran; whether it did its work shows in the machine being up.
    if [ -n "$old_job" ] && kill -0 -- "-$old_job" 2>/dev/null; then
      retry_at=$((now + 3000))
    else
      shutdown_ended 137
    fi
  else
    launch
  fi
}

MAINS_GRACE=1000        # hundredths of a second that a machine going down has to be gone once the mains are back

# The server says that the mains are back after an outage: a machine that is still up need not wait any longer.
on_mains_back() {
  [ "$state" = shutting_down ] && [ "$announcing" = 0 ] && [ "$started" != 0 ] || return 0
  mains_back=1
  [ "$started" = 2 ] && [ "$retry_at" -gt $((now + MAINS_GRACE)) ] || return 0
  retry_at=$((now + MAINS_GRACE))
  save_state
}

# A command of another outage reaches a machine whose SHUTDOWN_CMD ended with 0: the machine is up, so that shutdown
# was cancelled or undone.
is_another_outage() {
  [ "$state:$started" = shutting_down:2 ] && [ -n "$field_seq" ] && [ -n "$field_outage" ] &&
    [ -n "$command_outage" ] && [ "$field_outage" != "$command_outage" ]
}

# ---------------------------------------------------------------- abort

abort_shutdown() { # id reason
  case "$state" in
    shutting_down)
      if [ "$announcing" = 0 ] && [ "$started" != 0 ]; then abort_late "$1"; return; fi
      touched=1 ;;
    pre_shutdown) touched=1 ;;
    *) touched=0 ;;
  esac
  abort_now "$1" "$2"
}

abort_now() { # id reason
  log "ABORT in $state after $(seconds $((now - received))) s; ${2:-no reason given}"
  drop_job
  announcing=0
  if [ -n "$wake_cancel" ]; then
    /bin/bash -c "$wake_cancel" </dev/null >/dev/null 2>&1 3>&- 4>&- &
    wake_cancel=''
  fi
  ack "$1" aborted "$(elapsed)$dry_mark"
  abort_id=''
  reset_command
  change_state idle
  if [ "$touched" = 1 ] && has_commands post; then start_sequence post; fi
}

# SHUTDOWN_CMD was started: only ABORT_CMD can say that it was undone.
abort_late() { # id
  abort_id=$1
  if [ -z "$ABORT_CMD" ]; then
    log "ABORT came after SHUTDOWN_CMD was started: too late"
    ack "$1" too_late "$(elapsed)"
    return
  fi
  job=''                # SHUTDOWN_CMD goes on; its end is known by shutdown_serial
  start_job ABORT_CMD "$ABORT_CMD" 10
}

abort_ended() { # exit code
  if [ "$1" != 0 ]; then ack "$abort_id" too_late ",\"exit\":{\"cmd\":\"ABORT_CMD\",\"code\":$1}$(elapsed)"; return; fi
  touched=1
  done_id=
  ended_at=0
  [ -z "$old_job" ] || end_group "$old_job"
  abort_now "$abort_id" "ABORT_CMD ended with 0"
}

# ---------------------------------------------------------------- shed and restore

start_step() { # shed|restore
  step_id=$command_word_id
  step_dry=$want_dry
  if ! has_commands "$1"; then
    ack "$step_id" refused ",\"reason\":\"no commands are set for $1\""
  elif [ "$state" != idle ]; then
    ack "$step_id" refused ",\"reason\":\"the machine is going down\""
  elif [ "$step_dry" = 1 ]; then
    seq_failed=
    if [ "$1" = shed ]; then finish_step shed; else finish_step restored; fi
  else
    ack "$step_id" received
    start_sequence "$1"
  fi
}

finish_step() { # shed|restored
  local dry=
  [ "$step_dry" = 0 ] || dry=',"dry_run":true'
  ack "$step_id" "$1" "${seq_failed:+,\"exit\":$seq_failed}$dry"
}

# ---------------------------------------------------------------- commands
# Each refusal has a reason. What is refused, expired or forged changes nothing.

refuse() { # reason
  log "refused $field_action $field_id: $1"
  ack "$field_id" refused ",\"reason\":\"$1\"$2"
}

MOST_WHOLE=9007199254740991 # what the server can hold exactly: it would not believe a refusal that names more

# Checks that the payload has the shape of a command. If not, logs or refuses it and returns 1. What the server's schema
# refuses is refused here too, so that nothing is obeyed which the server cannot read and report.
is_command() {
  local name kind value
  if [ "$kind_id" != text ] || [ -z "$field_id" ] || [ ${#field_id} -gt 128 ]; then
    log "ignored: a command without a usable id"
    return 1
  fi
  [ "$kind_action" = text ] || { refuse "action is not a text"; return 1; }
  for name in delay_sec ttl_sec issued_at epoch seq; do
    kind=kind_$name value=field_$name
    case "${!kind}" in whole | '') ;; *) refuse "$name is not a whole number"; return 1 ;; esac
    [ -z "${!value}" ] || [ "${!value}" -le "$MOST_WHOLE" ] || { refuse "$name is more than $MOST_WHOLE"; return 1; }
  done
  for name in reason outage station sig; do
    kind=kind_$name
    case "${!kind}" in text | odd | '') ;; *) refuse "$name is not a text"; return 1 ;; esac
  done
  if [ "$kind_epoch" = whole ] && [ "$field_epoch" -gt "$EPOCH_LIMIT" ]; then
    refuse "epoch $field_epoch > $EPOCH_LIMIT: no server has that many starts"
    return 1
  fi
  [ "$kind_delay_sec" != whole ] || [ ${#field_delay_sec} -le 7 ] || { refuse "delay_sec is longer than three months"; return 1; }
  # Only the signature needs the outage, and a text with quotes is not kept byte for byte.
  case "$kind_outage" in
    text | '') ;;
    *) [ -z "$AGENT_KEY" ] || { refuse "outage is not a plain text"; return 1; } ;;
  esac
  case "$kind_dry_run" in true | false | '') ;; *) refuse "dry_run is neither true nor false"; return 1 ;; esac
  want_dry=$DRY_RUN
  [ "$kind_dry_run" != true ] || want_dry=1
}

is_authentic() {
  local dry=0
  [ -n "$AGENT_KEY" ] || return 0
  [ "$kind_dry_run" != true ] || dry=1
  case "$field_id$field_outage" in *\|*) refuse "a bar in id or outage"; return 1 ;; esac
  is_signed "v1|$AGENT_ID|$field_id|$field_action|$field_delay_sec|$field_issued_at|$field_ttl_sec|$field_outage|$field_epoch|$field_seq|$dry" &&
    [ -n "$field_issued_at" ] && [ -n "$field_epoch" ] && [ -n "$field_seq" ] && return 0
  refuse "the signature is missing or wrong"
  return 1
}

# Age is counted against the server's time as its live power messages give it, never against this machine's clock.
is_current() {
  local age
  if [ -z "$field_issued_at" ]; then
    [ -z "$power_heard" ] || [ $((now - power_heard)) -gt 8640000 ] || {
      refuse "no issued_at, and a server that sends it was heard in the last 24 h"
      return 1
    }
    return 0
  fi
  [ -n "$server_at" ] || return 0
  age=$((server_at + (now - server_now) / 100 - field_issued_at))
  [ "$age" -gt "${field_ttl_sec:-300}" ] || return 0
  log "expired: $field_action $field_id is $age s old > ttl ${field_ttl_sec:-300} s"
  ack "$field_id" expired ",\"reason\":\"$age s old, ttl ${field_ttl_sec:-300} s\""
  return 1
}

POWER_SEQS=10000000     # seq of power is the epoch times this, plus a count (docs/topics.md)
EPOCH_LIMIT=200000000   # the most that the server believes in a refusal: a higher one would shut the server out

# A signed message of a higher epoch proves that a newer server took over: commands of the older one are refused from
# then on. Without a key a message proves nothing.
raise_epoch() { # epoch
  [ -n "$AGENT_KEY" ] && [ "$1" -gt 0 ] && [ "$1" -gt "$last_epoch" ] && [ "$1" -le "$EPOCH_LIMIT" ] || return 0
  last_epoch=$1
  last_seq=0
  last_id=
  save_order
}

# Commands are ordered by (epoch, seq). The same pair with the same id is a repeat, and so is the command in hand
# whatever came between. A ping is judged but does not move the seq.
is_in_order() {
  [ -n "$field_epoch" ] && [ -n "$field_seq" ] && [ "$field_id" != "$command_id" ] || return 0
  if [ "$field_epoch" -lt "$last_epoch" ] || { [ "$field_epoch" = "$last_epoch" ] && [ "$field_seq" -lt "$last_seq" ]; } ||
    { [ "$field_epoch" = "$last_epoch" ] && [ "$field_seq" = "$last_seq" ] && [ -n "$last_id" ] && [ "$field_id" != "$last_id" ]; }; then
    refuse "older than what I know" ",\"last\":{\"epoch\":$last_epoch,\"seq\":$last_seq}"
    return 1
  fi
  if [ "$field_action" = ping ]; then
    raise_epoch "$field_epoch"
    return 0
  fi
  if [ "$field_epoch" != "$last_epoch" ] || [ "$field_seq" != "$last_seq" ]; then
    last_epoch=$field_epoch
    last_seq=$field_seq
    save_order
  fi
  last_id=$field_id
}

on_command() { # retained payload
  if [ "$1" = 1 ]; then log "ignored: a retained command"; return; fi
  if ! read_payload "$2"; then log "ignored: not a command: $field_error"; return; fi
  is_command && is_authentic && is_current && is_in_order || return 0
  command_word_id=$field_id
  case "$field_action" in
    shutdown) on_shutdown ;;
    abort) on_abort ;;
    # A server that was away learns from the status what this machine does, and not half a minute later.
    ping) ack "$field_id" pong; say_status ;;
    shed | restore) start_step "$field_action" ;;
    *) refuse "an action that this agent does not know" ;;
  esac
}

on_shutdown() {
  local delay=${field_delay_sec:-0} clock=
  if [ "$field_id" = "$done_id" ] && [ "$field_id" != "$command_id" ]; then
    log "$field_id is done in this boot"
    [ "$want_dry" = 0 ] || clock=',"dry_run":true'
    ack "$field_id" shutting_down "$clock"
    return
  fi
  abort_id=''
  if is_another_outage; then
    log "still up at a command of another outage ($field_outage): $command_id is over"
    reset_command
    state=idle
  fi
  if [ "$state" = idle ]; then
    command_id=$field_id
    command_outage=$field_outage
    command_dry=$want_dry
    mark_dry
    received=$now
    [ -n "$server_at" ] || clock=',"clock":"unknown"'
    ack "$command_id" received "$clock$dry_mark"
    start_countdown "$delay"
    return
  fi
  if [ "$want_dry" = 1 ] && [ "$command_dry" = 0 ]; then refuse "a real shutdown is under way"; return; fi
  if [ "$want_dry" = 0 ] && [ "$command_dry" = 1 ]; then
    log "a real shutdown takes the place of the rehearsal $command_id"
    command_dry=0
    mark_dry
    received=$now
    announcing=0
    deadline=$((now + delay * 100 + CLOCK_GRAIN))
    [ "$state" = pre_shutdown ] || state=delay
  fi
  [ "$field_id" = "$command_id" ] || ack "$field_id" received "$dry_mark"
  command_id=$field_id
  command_outage=$field_outage
  [ "$state" != delay ] || [ $((now + delay * 100 + CLOCK_GRAIN)) -ge "$deadline" ] || deadline=$((now + delay * 100 + CLOCK_GRAIN))
  [ "$started" = 0 ] || done_id=$command_id
  change_state "$state"
  ack "$command_id" "$state" "$(elapsed)$dry_mark"
}

on_abort() {
  if [ "$state" = idle ]; then
    log "ABORT: nothing is pending; ${field_reason:-no reason given}"
    ack "$field_id" aborted ',"reason":"nothing was pending"'
    return
  fi
  abort_shutdown "$field_id" "$field_reason"
}

# ---------------------------------------------------------------- power and the dead-man
# Only a live message arms or disarms, and with a key only a signed one. null changes nothing.

on_power() { # retained payload
  local battery='' before=$on_battery
  [ "$1" = 0 ] || return 0
  if ! read_payload "$2" || [ "$kind_deadman_sec" != whole ] || [ "$kind_at" != whole ] || [ "$kind_seq" != whole ]; then
    log "ignored: a power message that cannot be read: ${field_error:-deadman_sec, at and seq must be whole numbers}"
    return
  fi
  case "$kind_on_battery" in true) battery=1 ;; false) battery=0 ;; esac
  if [ -n "$AGENT_KEY" ] && ! is_signed "v1|$AGENT_ID|power|$battery|$field_deadman_sec|$field_at|$field_seq"; then
    log "ignored: a power message without the right signature"
    return
  fi
  # A replay is neither newer by its number nor by the server's time.
  if [ -n "$power_seq" ] && [ "$field_seq" -le "$power_seq" ] && [ "$field_at" -le "$power_at" ]; then return; fi
  raise_epoch $((field_seq / POWER_SEQS))
  power_seq=$field_seq
  power_at=$field_at
  server_at=$field_at
  server_now=$now
  power_heard=$now
  last_try=0
  [ -z "$battery" ] || on_battery=$battery
  deadman_sec=$field_deadman_sec
  save_state        # before anybody reads that it is armed
  if [ "$battery" = 0 ] && [ "$before" = 1 ]; then log "the mains are back: the dead-man is disarmed"; fi
  if [ "$battery" = 1 ] && [ "$before" != 1 ]; then log "on battery: without a message for $field_deadman_sec s this machine goes down alone"; fi
  [ "$battery" != 1 ] || outage_open=1
  if [ "$battery" = 0 ]; then
    [ "$outage_open" = 0 ] || on_mains_back
    outage_open=0
    case "$command_id:$state" in deadman-*:delay | deadman-*:pre_shutdown) abort_shutdown "$command_id" "the server says that the mains are back" ;; esac
  fi
}

# The last message was "on battery" and the server is silent: one more try to reach it, then a shutdown without command.
watch_deadman() {
  local silent lead
  [ "$DEADMAN" = 1 ] && [ "$on_battery" = 1 ] && [ "$state" = idle ] && [ -n "$power_heard" ] || return 0
  silent=$((now - power_heard))
  lead=$((deadman_sec * 50))
  [ "$lead" -le 1000 ] || lead=1000
  if [ "$last_try" = 0 ] && [ "$silent" -ge $((deadman_sec * 100 - lead)) ]; then
    log "on battery and no message for $((silent / 100)) s of $deadman_sec s: trying the broker once more"
    last_try=1
    reconnect=1
  fi
  [ "$silent" -ge $((deadman_sec * 100 + CLOCK_GRAIN)) ] && [ "$now" -ge "$hold_until" ] || return 0
  command_id=deadman-$AGENT_ID-$power_seq
  command_outage=
  command_dry=$DRY_RUN
  mark_dry
  received=$now
  on_battery=
  field_reason="on battery and no message from the server for $((silent / 100)) s >= $deadman_sec s"
  log "$field_reason: going down alone"
  ack "$command_id" received ",\"reason\":\"$field_reason\"$dry_mark"
  start_countdown 0
}

# Our own status: while we live, nobody's "offline" stays there.
on_status() { # retained payload
  read_payload "$2" || field_online=
  if [ "$kind_online" = true ] && [ "$field_boot" = "$boot_id" ]; then return; fi
  if [ "$kind_online" = true ] && [ "$1" = 0 ]; then
    # Its status comes every 30 s; one line in 10 min is enough.
    [ "$now" -ge "$rival_quiet" ] || return 0
    rival_quiet=$((now + 60000))
    log "another machine calls itself $AGENT_ID too (boot ids $boot_id and $field_boot alternate on $TOPIC/status): give each machine its own AGENT_ID"
    return
  fi
  say_status
}

# ---------------------------------------------------------------- the loop

on_line() {
  local retained topic payload
  case "$1" in
    [01]' '*)
      retained=${1:0:1}
      payload=${1:2}
      topic=${payload%% *}
      payload=${payload#* }
      if [ ${#payload} -gt "$SHORT_LIMIT" ] && [ "$topic" != "$TOPIC/cmd" ]; then
        heard_something "$retained"
        log "dropped: $((${#payload} / 2000)) kB on $topic > $((SHORT_LIMIT / 2000)) kB"
        return
      fi
      case "$topic" in
        "$TOPIC/cmd") heard_something "$retained"; on_command "$retained" "$payload" ;;
        "$TOPIC/power") heard_something "$retained"; on_power "$retained" "$payload" ;;
        "$TOPIC/status") heard_something "$retained"; on_status "$retained" "$payload" ;;
      esac ;;
  esac
}

on_own() {
  local text=${1#@job }
  case "$1" in
    '@sent '*) message_sent "${1#@sent }" ;;
    '@job '*)
      # A goodbye starts nothing more.
      [ "$stopping" = 0 ] || return 0
      if [ -n "$job" ] && [ "${text%% *}" = "$job_serial" ]; then
        job=
        job_ended "${text#* }"
      elif [ "${text%% *}" = "$shutdown_serial" ]; then
        shutdown_ended "${text#* }"
      fi ;;
  esac
}

# Reads our own messages from descriptor 4. One is there, or comes within a moment; more are there only after a writer
# was killed between its message and its line end on descriptor 3, and only bash 4 can look without waiting.
read_own() {
  local own_message
  IFS= read -r -t 1 own_message <&4 || return 0
  on_own "$own_message"
  [ "${BASH_VERSINFO[0]}" -ge 4 ] || return 0
  while read -r -t 0 <&4; do
    IFS= read -r -t 1 own_message <&4 && on_own "$own_message"
  done
}

on_tick() {
  if [ "$slept" = 1 ]; then
    log "the machine slept; time asleep is no silence: connecting again before anything is decided"
    server_at=
    reconnect=1
    # Once a command: a machine so busy that each tick looks like sleep must still go down.
    if [ -z "$command_id" ] || [ "$hold_of" != "$command_id" ]; then
      hold_of=$command_id
      settle=1
      hold_until=$((now + 3000))
    fi
    [ "$state:$started" != shutting_down:2 ] || { ended_at=0; reset_command; change_state idle; }
  fi
  [ "$idle" = 0 ] || watch_listener
  watch_sender
  watch_job
  heartbeat
  case "$state" in
    delay) if [ "$now" -ge "$deadline" ] && [ "$now" -ge "$hold_until" ]; then start_pre_commands; fi ;;
    shutting_down) watch_shutdown ;;
  esac
  watch_deadman
}

# Adds a piece to the message that is being read, or drops it with the rest of a message that is too long. ":" begins a
# message, also where the one before it was cut off by the end of its mosquitto_sub. "~" comes from read_block.
take() {
  local piece=$1
  while :; do case "$piece" in *:*) rest='' skipping=0 piece=${piece#*:} ;; *) break ;; esac; done
  [ "$skipping" = 0 ] || return 0
  case "$piece" in *\~*) piece=${piece//\~/} ;; esac
  rest=$rest$piece
  [ ${#rest} -le "$LINE_LIMIT" ] || { rest='' skipping=1; }
}

# Sets block to what comes next of a message that is being dropped: bash alone reads it byte by byte, about 3 s for each
# megabyte, in which no command would be heard. dd waits for a byte; our own "~" is one even if mosquitto_sub has ended.
read_block() {
  printf '~' >&3 &
  block=$(dd bs=65536 count=1 <&3 2>/dev/null 3>&- 4>&-; printf .)
  block=${block%.}
  case "$block" in \~ | \~\~) block= ;; esac
}

# Sets piece to the next line of block or the rest of it, and returns 1 for the rest.
cut_block() {
  case "$block" in
    *$'\n'*) piece=${block%%$'\n'*} block=${block#*$'\n'} ;;
    *) piece=$block block=''; return 1 ;;
  esac
}

# Blocks until a line, a piece of one, or the tick's end. Sets line to a whole message of the wire or nothing, own=1 when
# a message of our own waits, idle=1 when nothing came.
next_line() {
  local piece tick=1 code whole=1 ended=0
  idle=0 own=0 line=
  if [ "$skipping" = 1 ] && [ -z "$block" ]; then read_block; fi
  if [ -n "$block" ]; then
    cut_block || whole=0
  else
    [ "$state" = idle ] || tick=$BUSY_TICK
    IFS= read -r -t "$tick" -n "$PIECE" piece <&3
    code=$?
    if [ "$code" != 0 ]; then
      if [ -z "$piece" ]; then idle=1; else take "$piece"; fi
      # Anything but "time is up" would come back at once, for ever.
      if [ "$code" -le 128 ] && [ "${BASH_VERSINFO[0]}" -ge 4 ]; then sleep 1; fi
      return
    fi
    [ ${#piece} -lt "$PIECE" ] || whole=0
  fi
  # Without ${piece%;}: bash needs the square of the length to find that a long text does not end so.
  case "$piece" in *\;) ended=1 piece=${piece:0:${#piece}-1} ;; esac
  take "$piece"
  if [ "$ended" = 0 ]; then own=$whole; return; fi
  if [ "$skipping" = 1 ]; then log "dropped: a message of more than $((LINE_LIMIT / 2000)) kB"
  else line=$rest; fi
  rest='' skipping=0
}

start_variables() {
  now=0 idle=0 slept=0 rest='' line='' block='' own=0 skipping=0 stopping=0
  state=idle command_id='' command_dry=0 dry_mark='' received=0 deadline=0 started=0 announcing=0 retry_at=0 touched=0
  mains_back=0 outage_open=0 ended_at=0 rival_quiet=0
  done_id='' command_outage='' last_id='' abort_id='' step_id='' step_dry=0
  seq_kind='' seq_index=0 seq_deadline=0 seq_failed='' job='' old_job='' shutdown_serial='' job_name='' job_serial=0 job_limit=0 job_gone=0
  power_heard='' power_seq='' power_at='' server_at='' server_now=0 on_battery='' deadman_sec=300 last_try=0
  listener='' listener_retry=0 listener_pause=100 listener_failures=0 connected=0 reconnect=0 echo_due=0 next_heartbeat=0
  sender='' send_retry=0 hold_until=0 settle=0 state_complaint=0
  hold_of='' broker_words='' wake_command='' wake_cancel='' online=true offline_reason='' armed=false
}

# Continues where a killed agent stopped, after a moment in which the server can abort it.
resume() {
  mark_dry
  if [ "$state" = idle ] && [ "$on_battery" != 1 ]; then seq_kind='' job=''; return; fi
  hold_until=$((now + 1000))
  settle=1
  case "$state" in
    delay) log "resumed: $command_id, $(((deadline - now) / 100)) s left" ;;
    pre_shutdown)
      log "resumed: $command_id at $seq_kind command $seq_index"
      drop_job
      if [ "$seq_kind" = pre ]; then next_in_sequence; else announce; fi ;;
    shutting_down)
      log "resumed: $command_id, SHUTDOWN_CMD was $started"
      [ "$started" != 0 ] || retry_at=$hold_until ;;
    idle)
      seq_kind=''
      log "resumed: on battery, $(((now - power_heard) / 100)) s of silence" ;;
  esac
  [ "$state" = pre_shutdown ] || { old_job=$job; job=''; }
}

say_goodbye() {
  local until
  online=false
  offline_reason=user
  if [ "$state" = shutting_down ] || { [ "$ended_at" != 0 ] && [ $((now - ended_at)) -lt 90000 ]; }; then offline_reason='command'; fi
  log "stopping ($offline_reason)"
  say_status
  until=$((now + 300))
  while ! all_said && [ "$now" -lt "$until" ]; do
    next_line
    count_tick
    [ "$own" = 0 ] || read_own
  done
  [ -z "$listener" ] || kill "$listener" 2>/dev/null
  rm -rf "$RUN/pid" "$RUN/listener" "$RUN/lines" "$RUN/own" "$RUN/complaints" "$RUN/mosquitto"
}

run() {
  local tool
  start_variables
  for tool in mosquitto_sub mosquitto_pub awk fold od; do
    command -v "$tool" >/dev/null || die "$tool is not installed ($INSTALL_HINT)"
  done
  [ -z "$AGENT_KEY" ] || command -v openssl >/dev/null || die "AGENT_KEY needs openssl"
  start_run_folder
  make_client_id
  end_old_listener
  read_boot_id
  load_state
  start_clock
  prepare_key
  write_credentials
  count_pre_shutdown
  [ "$DRY_RUN" = 1 ] || armed=true
  # Arithmetic, not an assignment: in bash 3.2 an assignment in a trap that interrupts another crashes the shell.
  trap '((stopping = 1))' TERM INT HUP
  trap : PIPE
  log "ecoflow-power agent $VERSION on $PLATFORM: $AGENT_ID at $MQTT_BROKER:$MQTT_PORT, settings ${settings_file:-from the environment}$([ "$armed" = true ] || echo ', dry run')"
  warn_unrunnable
  resume
  unset -f make_client_id process_args machine_id first_word is_runnable skip_option find_problem each_unrunnable other_commands warn_unrunnable start_variables start_run_folder end_old_listener load_state prepare_key write_credentials count_pre_shutdown resume
  watch_listener
  while [ "$stopping" = 0 ]; do
    next_line
    count_tick
    [ "$own" = 0 ] || read_own
    [ -z "$line" ] || on_line "$line"
    on_tick
  done
  say_goodbye
}

# What follows is for people at a terminal; the agent at work never reads that far.
if [ "$mode" = run ]; then
  run
  exit
fi

# ---------------------------------------------------------------- round trip
# Three things prove to the doctor that a command would arrive: a live power message that verifies, the server's plan for
# this machine, and a ping that the running agent answers. The plan may be a retained message, because it is published
# only when it changes; everything else has to be live.

POWER_LIMIT=40          # seconds; the server sends power every 15 s, on battery every 5 s
PONG_LIMIT=10           # seconds
PING_SEQ=9007199254740991 # above every order: a ping is judged by its order and moves nothing

# Descriptor 5 is a FIFO with what comes in, a message a line: "<retained 0|1> <topic> <payload in hex>".
open_ear() {
  mkfifo "$RUN/ear" && exec 5<>"$RUN/ear" || return 1
  XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_sub -h "$MQTT_BROKER" -p "$MQTT_PORT" -q 1 -F '%r %t %x' \
    -t "$TOPIC/cmd" -t "$TOPIC/power" -t "$TOPIC/status" -t "$TOPIC/ack" -t "power-manager/plan/$AGENT_ID" \
    -t power-manager/plan/+ -t power-manager/orchestrator/status </dev/null >"$RUN/ear" 2>/dev/null 5>&- &
  ear=$!
  ear_opened=$SECONDS
}

close_ear() {
  kill "$ear" 2>/dev/null
  exec 5<&-
}

# Reads messages until the function succeeds. Returns 1 if it did not within that time.
listen_until() { # seconds function
  local limit=$((SECONDS + $1)) line
  until "$2"; do
    [ "$SECONDS" -lt "$limit" ] || return 1
    IFS= read -r -t 1 line <&5 || continue
    take_message "$line"
  done
}

take_message() { # line
  local retained=${1%% *} topic=${1#* } payload
  payload=${topic#* }
  topic=${topic%% *}
  # The lease names every machine of the server, so that it may be long.
  [ ${#payload} -le "$SHORT_LIMIT" ] || [ "$topic" = power-manager/orchestrator/status ] || return 0
  read_payload "$payload" || return 0
  case "$topic" in
    power-manager/orchestrator/status) server=$kind_online ;;
    "power-manager/plan/$AGENT_ID") plan=$field_state plan_reason=$field_reason ;;
    power-manager/plan/*) case " $others " in *" ${topic##*/} "*) ;; *) others="$others ${topic##*/}" ;; esac ;;
    "$TOPIC/status") take_own_status "$retained" ;;
    "$TOPIC/power") [ "$retained" = 1 ] || take_power ;;
    "$TOPIC/cmd") [ "$retained" = 1 ] || [ "$field_id" != "$ping_id" ] || ping_came_back=1 ;;
    "$TOPIC/ack") [ "$retained" = 1 ] || [ "$field_id" != "$ping_id" ] || take_answer ;;
  esac
}

take_own_status() { # retained
  [ "$kind_online" = true ] || return 0
  agent_boot=$field_boot
  agent_armed=$kind_armed
  [ "$1" = 1 ] || [ -z "$field_boot" ] || [ "$field_boot" = "$boot_id" ] || rival=$field_boot
}

take_power() {
  local battery=
  [ "$kind_deadman_sec:$kind_at:$kind_seq" = whole:whole:whole ] || return 0
  case "$kind_on_battery" in true) battery=1 ;; false) battery=0 ;; esac
  powers=$((powers + 1))
  if [ -z "$AGENT_KEY" ]; then
    [ -z "$field_sig" ] && power=good || power=keyed
  elif [ -z "$field_sig" ]; then power=unsigned
  elif is_signed "v1|$AGENT_ID|power|$battery|$field_deadman_sec|$field_at|$field_seq"; then power=good
  else power=forged; fi
  power_server_at=$field_at
  power_second=$SECONDS
  power_clock=$((field_at - $(date +%s)))
  power_epoch=$((field_seq / POWER_SEQS))
}

# One message that verifies is enough: others may be forged. Retained messages arrive at once, so after 5 s a server that
# is away, or that has plans for other machines only, is not waited for.
power_is_known() {
  [ "$power" = good ] || [ "$powers" -ge 2 ] && return
  [ "$SECONDS" -ge $((ear_opened + 5)) ] || return 1
  [ "$server" = false ] || [ -n "$others" ] && [ -z "$plan" ]
}

check_power() {
  local about="the server's key for $AGENT_ID (machines.$AGENT_ID.key) and AGENT_KEY must be the same text"
  listen_until "$POWER_LIMIT" power_is_known
  case "$power" in
    good)
      if [ -n "$AGENT_KEY" ]; then good "the server's power message verifies with AGENT_KEY"
      else good "the server sends power messages to $AGENT_ID"; fi
      if [ "${power_clock#-}" -le 60 ]; then good "the clock agrees with the server's (difference $power_clock s)"
      else warn "the clock differs by $power_clock s from the server's (commands are judged by the server's time all the same)"; fi ;;
    forged) bad "the server's power message does not verify: $about" ;;
    unsigned) bad "the server signs nothing for $AGENT_ID, and this agent obeys only what is signed: $about" ;;
    keyed) bad "the server signs for $AGENT_ID and believes only signed answers: set AGENT_KEY ($about)" ;;
    *) bad "no live power message for $AGENT_ID in $((SECONDS - ear_opened)) s: $(silence_reason)" ;;
  esac
}

silence_reason() {
  if [ "$server" = false ]; then printf 'no server is connected to this broker: start it with ecoflow-power run'
  elif [ -z "$server" ]; then printf 'no server has connected to this broker, or the broker does not let us read power-manager/orchestrator/status'
  elif [ -n "$others" ]; then printf 'the server does not know this AGENT_ID; it knows%s. Write one of these, or add this one there' "$others"
  else printf 'the server does not know this AGENT_ID: add it there'; fi
}

plan_is_known() { [ -n "$plan" ]; }

check_plan() {
  listen_until 3 plan_is_known
  if [ -n "$plan" ]; then good "the server has a plan for $AGENT_ID: $plan${plan_reason:+, $plan_reason}"
  else bad "the server has no plan for $AGENT_ID: $(silence_reason)"; fi
}

# The id names the doctor, so that the server does not take the ping for a command of another server. The action is
# signed too.
send_ping() {
  local at body
  ping_id=hand-$AGENT_ID-doctor-$(date +%s)-$$
  at=$(date +%s)
  [ -z "$power_server_at" ] || at=$((power_server_at + SECONDS - power_second))
  body="{\"id\":\"$ping_id\",\"action\":\"ping\",\"delay_sec\":0,\"reason\":\"doctor\",\"ttl_sec\":60,\"issued_at\":$at,\"epoch\":$power_epoch,\"seq\":$PING_SEQ"
  [ -z "$AGENT_KEY" ] || body="$body,\"sig\":\"$(sign "v1|$AGENT_ID|$ping_id|ping|0|$at|60||$power_epoch|$PING_SEQ|0")\""
  XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_pub -h "$MQTT_BROKER" -p "$MQTT_PORT" -q 1 -t "$TOPIC/cmd" -m "$body}" 2>/dev/null
}

take_answer() {
  answer=$field_phase
  answer_reason=$field_reason
  if [ -n "$AGENT_KEY" ] && ! is_signed "v1|$AGENT_ID|ack|$field_id|$field_phase|$field_at"; then answer=forged; fi
}

is_answered() { [ -n "$answer" ]; }

check_ping() {
  send_ping
  listen_until "$PONG_LIMIT" is_answered
  case "$answer:$answer_reason" in
    pong:*) good "the running agent answers a ping" ;;
    # The agent runs and has the key. The server numbers its first command above what the agent knows.
    "refused:older than what I know") warn "the running agent answers, and knows a command of a newer server: is there a second one?" ;;
    forged:*) bad "$AGENT_ID answers with another key than AGENT_KEY in these settings: restart the agent after a change of its settings, and give each machine its own AGENT_ID" ;;
    ?*:*) bad "the running agent answers \"$answer\" to a ping: $answer_reason" ;;
    *) check_silence ;;
  esac
  [ -z "$rival" ] || bad "another machine calls itself $AGENT_ID too (boot $rival, this one is $boot_id): give each machine its own AGENT_ID"
  [ -z "$answer" ] || [ -n "$rival" ] || [ -z "$agent_boot" ] || [ "$agent_boot" = "$boot_id" ] ||
    bad "the agent that answers as $AGENT_ID runs on another machine (boot $agent_boot, this one is $boot_id): give each machine its own AGENT_ID"
  [ -z "$answer" ] || [ "$agent_armed" != false ] || [ "$DRY_RUN" = 1 ] ||
    bad "the running agent is in dry run, although these settings are not: restart it"
}

# A denied publish is not answered in MQTT 3.1.1, so only the echo proves the right to write.
check_silence() {
  if [ "$ping_came_back" = 0 ]; then
    bad "the ping did not come back from the broker: let $AGENT_ID write its own topics $TOPIC/cmd, $TOPIC/ack and $TOPIC/status"
  else
    bad "no agent answers as $AGENT_ID within $PONG_LIMIT s: start the service, and let $AGENT_ID write $TOPIC/ack"
  fi
}

check_round_trip() {
  local ear ear_opened power='' powers=0 power_server_at='' power_second=0 power_clock=0 power_epoch=0 server='' plan='' plan_reason=''
  local others='' rival='' agent_boot='' agent_armed='' ping_id='' ping_came_back=0 answer='' answer_reason=''
  open_ear || { bad "cannot make a FIFO in $RUN"; return; }
  read_boot_id
  prepare_key
  check_power
  check_plan
  check_ping
  close_ear
}

# ---------------------------------------------------------------- doctor
# Checks what an outage would need, and ends with "armed" (exit code 0) or why not (1). "armed" needs a round trip: see
# the chapter before.

not_armed=''

good() { printf 'ok    %s\n' "$*"; }
warn() { printf 'warn  %s\n' "$*"; }
bad() {
  printf 'FAIL  %s\n' "$*"
  not_armed="$not_armed
  - $*"
}

check_tools() {
  local tool missing=''
  for tool in mosquitto_sub mosquitto_pub awk fold od ${AGENT_KEY:+openssl}; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
  done
  if [ -z "$missing" ]; then good "the tools are there"; else bad "not installed:$missing ($INSTALL_HINT)"; fi
}

# Asks for one subscription at a time: a broker may grant some topics and deny others.
check_subscriptions() {
  local topic answer code remedy
  for topic in "$TOPIC/cmd" "$TOPIC/power" "$TOPIC/status" "$TOPIC/ack" "power-manager/plan/$AGENT_ID"; do
    answer=$(XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_sub -h "$MQTT_BROKER" -p "$MQTT_PORT" -q 1 -E -W 10 -t "$topic" 2>&1 </dev/null)
    code=$?
    # A port that takes the connection and never answers (one that wants TLS) ends it by our limit, without any text.
    [ -n "$answer" ] || [ "$code" = 0 ] || answer="Timed out: no answer within 10 s"
    case "$answer" in
      *denied*) bad "the broker does not let $AGENT_ID read $topic: give it that right" ;;
      *[Rr]efused* | *uthori* | *Error* | *nable* | *"Timed out"*) find_remedy "$answer"; bad "broker $MQTT_BROKER:$MQTT_PORT: ${answer##*$'\n'}${remedy:+: $remedy}"; return 1 ;;
      *) good "broker $MQTT_BROKER:$MQTT_PORT lets us read $topic" ;;
    esac
  done
}

# Asks sudo about the command itself: a rule may allow only this one. Options of sudo are left out.
sudo_allows() { # words behind sudo
  while :; do case "$1" in -n | -E | -H | --) shift ;; *) break ;; esac; done
  sudo -n -l -- "$@" >/dev/null 2>&1
}

# A dry run of the permission: what would answer to SHUTDOWN_CMD is asked, and nothing is switched off.
check_permission() {
  local problem program commands words obstacle proof
  find_problem "$SHUTDOWN_CMD"
  if [ -n "$problem" ]; then
    bad "SHUTDOWN_CMD cannot be run: $problem: $SHUTDOWN_CMD"
  else
    try_permission
    # shellcheck disable=SC2206  # words of a command, without file name patterns (set -f)
    words=($SHUTDOWN_CMD)
    if [ -n "$obstacle" ]; then bad "SHUTDOWN_CMD would not switch this machine off: $obstacle"
    elif is_root; then good "we are root and may shut down: $SHUTDOWN_CMD"
    elif [ "${words[0]##*/}" = sudo ]; then
      if sudo_allows "${words[@]:1}"; then good "sudo works without a password: $SHUTDOWN_CMD"
      else bad "sudo refuses or asks for a password: \"$SHUTDOWN_CMD\"; allow it in sudoers (NOPASSWD)"; fi
    elif [ -n "$proof" ]; then good "$proof: $SHUTDOWN_CMD"
    else bad "not root: \"$SHUTDOWN_CMD\" may be refused or ask for a password; run the agent as root, or allow it in sudoers (NOPASSWD)"; fi
  fi
  check_agent_user
  other_commands
  # shellcheck disable=SC2086  # a list of names
  each_unrunnable bad $commands
  if [ -n "$ABORT_CMD" ] && [ "$SHUTDOWN_CMD" != "$DEFAULT_SHUTDOWN_CMD" ]; then
    warn "ABORT_CMD is set: it must fail when there is nothing left to abort, or an abort that came too late is reported as done"
  fi
  if has_commands pre && ! has_commands post; then
    warn "there are pre-commands but no POST_ABORT_CMD_1: after a late abort or a rehearsal nothing starts again what they stopped"
  fi
}

is_root() { [ "$EUID" = 0 ]; }

# The permission is that of the agent's user, who owns the file that holds its process id.
check_agent_user() {
  local file=${RUNTIME_DIRECTORY:-$DEFAULT_RUN_DIR}/pid owner
  [ -e "$file" ] || return 0
  read -r _ _ owner _ <<EOT
$(ls -ldn "$file")
EOT
  [ "$owner" = "$EUID" ] || bad "the agent runs as user $owner and this doctor as user $EUID: run the doctor as the agent's user"
}

check_network() {
  local way
  way=$(way_to_broker)
  case "$way" in
    local) good "the broker is on this machine"; return ;;
    '') warn "the way to $MQTT_BROKER is unknown"; return ;;
  esac
  case "$NETWORK" in
    battery) good "the way to the broker ($way) is fed from a battery, as NETWORK says" ;;
    mains) bad "the way to the broker ($way) dies with the mains, as NETWORK says: this machine cannot hear of an outage" ;;
    *) warn "the way to the broker: $way. Is all of that gear (access point, switch, router) fed from a battery? If not, this machine cannot hear of an outage. Answer with NETWORK=battery or NETWORK=mains" ;;
  esac
}

doctor() {
  printf 'ecoflow-power agent %s on %s: %s, settings %s\n' "$VERSION" "$PLATFORM" "$AGENT_ID" "${settings_file:-from the environment}"
  RUN=$(mktemp -d "${TMPDIR:-/tmp}/ecoflow-agent.XXXXXX") || die "cannot make a temporary folder"
  trap 'rm -rf "$RUN"' EXIT
  write_credentials
  check_tools
  case "$not_armed" in *mosquitto*) ;; *) check_subscriptions && check_round_trip ;; esac
  check_permission
  say_doubts warn
  check_network
  check_wake
  [ "$COMEBACK" != rtc ] || check_comeback
  [ "$DEADMAN" = 1 ] || warn "DEADMAN is off: when the server falls silent in an outage this machine runs to the crash"
  [ "$DRY_RUN" = 0 ] || bad "DRY_RUN is on: this machine would only rehearse; remove it from ${settings_file:-the environment} and restart the agent"
  [ -n "$AGENT_KEY" ] || warn "no AGENT_KEY: anyone who can write to the broker can shut this machine down"
  if [ -z "$not_armed" ]; then printf 'armed\n'; return 0; fi
  printf 'not armed, because:%s\n' "$not_armed"
  return 1
}

# ---------------------------------------------------------------- install, uninstall
# Both may be repeated, show what they would do with --dry-run, and with --root stay inside that folder.

INSTALLED=$ROOT/usr/local/lib/ecoflow-power/shutdown-listener.sh
SETTINGS_FILE=$ROOT/etc/ecoflow-power/agent.env

do_or_show() {
  if [ "$only_show" = 1 ]; then printf 'would run: %s\n' "$*"; return 0; fi
  "$@"
}

# Writes standard input to a file, unless the file has that text already.
place() { # file mode
  local text
  text=$(cat; printf x)     # the x keeps the last line's end
  text=${text%x}
  if [ -f "$1" ] && printf '%s' "$text" | cmp -s - "$1"; then
    printf 'unchanged: %s\n' "$1"
  elif [ "$only_show" = 1 ]; then
    printf 'would write: %s (mode %s)\n' "$1" "$2"
    return 0
  else
    mkdir -p "${1%/*}"
    printf '%s' "$text" >"$1" || die "cannot write $1: run as root, or give --root"
    printf 'written: %s\n' "$1"
  fi
  do_or_show chmod "$2" "$1"
}

remove() { # file or folder
  [ -e "$1" ] || return 0
  if [ "$only_show" = 1 ]; then printf 'would remove: %s\n' "$1"; return 0; fi
  rm -rf "$1" && printf 'removed: %s\n' "$1"
}

# Folders that are empty now; with --root the ones above as well, for we made them.
remove_empty() { # folder
  local folder=$1
  [ "$only_show" = 0 ] || return 0
  while [ -n "$folder" ] && [ "$folder" != "$ROOT" ]; do
    rmdir "$folder" 2>/dev/null || return 0
    [ -n "$ROOT" ] || return 0
    folder=${folder%/*}
  done
}

# Prints a line that read_settings_line reads back as the same value, in the plainest form that does.
setting_line() { # name value
  local form value
  for form in "$2" "\"$2\"" "'$2'" "\"${2//\"/\\\"}\""; do
    read_value "$form"
    if unquote "$1" && [ "$value" = "$2" ]; then printf '%s=%s\n' "$1" "$form"; return; fi
  done
  die "$1 cannot be written into a settings file: write it by hand"
}

# Existing settings stay; else the .env beside this script, else a template with the values of the environment.
settings_text() {
  local name base i
  if [ -f "$HERE/.env" ]; then
    cat "$HERE/.env"
    grep -q '^ *\(export  *\)\{0,1\}AGENT_ID *=' "$HERE/.env" || printf '\nAGENT_ID=%s\n' "${AGENT_ID:-$(host_name)}"
    if ! grep -q '^ *SHUTDOWN_CMD=' "$HERE/.env"; then printf '\n'; shutdown_settings; fi
    return
  fi
  printf '# Settings of the ecoflow-power agent; all of them stand in agents/README.md.\n'
  printf 'AGENT_ID=%s\n' "${AGENT_ID:-$(host_name)}"
  printf 'MQTT_HOST=%s\nMQTT_PORT=%s\n' "${MQTT_BROKER:-${MQTT_HOST:-mosquitto.local}}" "${MQTT_PORT:-1883}"
  for name in $SETTINGS; do
    case "$name" in AGENT_ID | MQTT_BROKER | MQTT_HOST | MQTT_PORT | SHUTDOWN_CMD | ABORT_CMD | DRY_RUN) continue ;; esac
    [ -z "${!name}" ] || setting_line "$name" "${!name}"
  done
  for base in $NUMBERED; do
    for i in 1 2 3 4 5 6 7 8 9; do
      name=${base}_$i
      [ -z "${!name}" ] || setting_line "$name" "${!name}"
    done
  done
  if [ -n "$SHUTDOWN_CMD" ]; then
    setting_line SHUTDOWN_CMD "$SHUTDOWN_CMD"
    setting_line ABORT_CMD "$ABORT_CMD"
  else
    shutdown_settings
  fi
  printf '%s\n' "$EXAMPLE_SETTINGS"
}

# Immediate, because the agent itself waits delay_sec; then nothing could abort it, so ABORT_CMD is empty.
shutdown_settings() { printf 'SHUTDOWN_CMD=%s\nABORT_CMD=\n' "$INSTALLED_SHUTDOWN_CMD"; }

# The first label of the host name, as an AGENT_ID: 1 to 64 of A–Z a–z 0–9 . _ -
host_name() {
  local name
  name=$(uname -n)
  name=${name%%.*}
  name=${name//[!A-Za-z0-9_-]/-}
  while :; do
    case "$name" in -*) name=${name#-} ;; *-) name=${name%-} ;; *--*) name=${name//--/-} ;; *) break ;; esac
  done
  name=${name:0:64}
  case "$name" in '' | localhost | orchestrator | plan | events) name=$DEFAULT_AGENT_ID ;; esac
  printf '%s' "$name"
}

install_agent() {
  [ "$EUID" = 0 ] || [ -n "$ROOT" ] || [ "$only_show" = 1 ] || die "install needs root (or --root DIR, or --dry-run)"
  place "$INSTALLED" 755 <"$HERE/shutdown-listener.sh"
  if [ -f "$SETTINGS_FILE" ]; then
    printf 'kept: %s\n' "$SETTINGS_FILE"
    do_or_show chmod 600 "$SETTINGS_FILE"
  else
    settings_text | place "$SETTINGS_FILE" 600
    [ -n "$AGENT_ID" ] || [ -f "$HERE/.env" ] || printf 'AGENT_ID is %s, after the host name: the server must know this machine by it\n' "$(host_name)"
  fi
  service_text | place "$SERVICE_FILE" 644
  [ -n "$ROOT" ] || start_service
  printf 'Settings: %s. Check them with: %s doctor\n' "$SETTINGS_FILE" "$INSTALLED"
}

uninstall_agent() {
  [ "$EUID" = 0 ] || [ -n "$ROOT" ] || [ "$only_show" = 1 ] || die "uninstall needs root (or --root DIR, or --dry-run)"
  [ -n "$ROOT" ] || stop_service
  remove "$SERVICE_FILE"
  remove "$INSTALLED"
  [ "$keep_settings" = 1 ] || remove "$SETTINGS_FILE"
  [ -n "$ROOT" ] || { remove "$DEFAULT_RUN_DIR"; remove "$DEFAULT_STATE_DIR"; }
  remove_empty "${INSTALLED%/*}"
  remove_empty "${SETTINGS_FILE%/*}"
  [ -z "$ROOT" ] || remove_empty "${SERVICE_FILE%/*}"
}

# ---------------------------------------------------------------- systemd

SERVICE_FILE=$ROOT/etc/systemd/system/ecoflow-agent.service
INSTALLED_SHUTDOWN_CMD="/sbin/shutdown -h now"
EXAMPLE_SETTINGS="# PRE_SHUTDOWN_CMD_1=docker stop \$(docker ps -q)
# POST_ABORT_CMD_1=systemctl restart docker"

# No more hardening than what leaves pre-commands able to stop a service, a container and a VM, to use sudo and to write
# where they like. The order makes systemd stop it after those, while the network is still up: presence lasts until
# they are down.
service_text() {
  cat <<EOT
[Unit]
Description=ecoflow-power agent: shuts this machine down in a power outage
Documentation=file://$INSTALLED
After=network.target
Before=docker.service containerd.service podman.service libvirtd.service libvirt-guests.service pve-guests.service lxc.service k3s.service kubelet.service snap.microk8s.daemon-kubelite.service postgresql.service mariadb.service mysql.service
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart=/bin/bash $INSTALLED
Environment=ECOFLOW_POWER_AGENT_ENV=$SETTINGS_FILE
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
RuntimeDirectory=ecoflow-agent
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
StateDirectory=ecoflow-agent
StateDirectoryMode=0700
Restart=always
RestartSec=5
TimeoutStopSec=10
OOMScoreAdjust=-900
LockPersonality=yes
RestrictRealtime=yes
SyslogIdentifier=ecoflow-agent

[Install]
WantedBy=multi-user.target
EOT
}

start_service() {
  if ! command -v systemctl >/dev/null; then
    printf 'no systemd here: start %s at boot by other means\n' "$INSTALLED"
    return
  fi
  do_or_show systemctl daemon-reload
  do_or_show systemctl enable ecoflow-agent.service
  do_or_show systemctl restart ecoflow-agent.service
}

stop_service() {
  [ -f "$SERVICE_FILE" ] && command -v systemctl >/dev/null || return 0
  do_or_show systemctl disable --now ecoflow-agent.service
}

# ---------------------------------------------------------------- checks of the doctor on Linux

SYSTEMD=/run/systemd/system

# Sets obstacle: why program would not switch this machine off; or proof: what lets a user who is not root do it.
try_permission() {
  local path
  obstacle='' proof=''
  path=$(PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin type -P -- "$program") || return 0
  case "$(readlink -f "$path")" in */systemctl) ;; *) return 0 ;; esac
  if [ ! -d "$SYSTEMD" ]; then
    obstacle="$program is a command of systemd, and systemd does not run here (in a container the agent cannot reach its host)"
  elif ! is_root && [ "$(busctl --system call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager CanPowerOff 2>/dev/null)" = 's "yes"' ]; then
    proof="the login manager lets this user switch the machine off"
  fi
}

way_to_broker() {
  local address route
  command -v ip >/dev/null || return 0
  address=$(getent ahosts "$MQTT_BROKER" 2>/dev/null)
  address=${address%% *}
  route=$(ip -o route get "${address:-$MQTT_BROKER}" 2>/dev/null) || return 0
  case "$route" in
    local* | *' dev lo '*) printf 'local' ;;
    *' via '*) route=${route#* via }; printf 'through router %s, device %s' "${route%% *}" "$(device_of "$route")" ;;
    *) printf 'on the same network, device %s' "$(device_of "$route")" ;;
  esac
}

device_of() {
  local rest=${1#* dev }
  rest=${rest%% *}
  if [ -d "/sys/class/net/$rest/wireless" ]; then printf '%s (Wi-Fi)' "$rest"; else printf '%s' "$rest"; fi
}

check_wake() {
  local device text
  command -v ethtool >/dev/null || { warn "ethtool is not installed: whether this machine can be woken over the network is unknown"; return; }
  for device in $(ip -o link show up 2>/dev/null | awk -F': ' '$2 != "lo" { sub(/@.*/, "", $2); print $2 }'); do
    text=$(ethtool "$device" 2>/dev/null | awk '/^[ \t]*Wake-on:/ { print $2 }')
    case "$text" in
      *g*) good "$device wakes this machine by a magic packet" ;;
      '') ;;
      *) warn "$device does not wake this machine (Wake-on: $text): ethtool -s $device wol g" ;;
    esac
  done
}

check_comeback() {
  if command -v rtcwake >/dev/null && [ -e /dev/rtc0 ]; then good "COMEBACK=rtc: the clock can switch this machine on after $COMEBACK_SEC s"
  else bad "COMEBACK=rtc, but rtcwake or the hardware clock is missing"; fi
}

case "$mode" in
  doctor) doctor ;;
  install) install_agent ;;
  uninstall) uninstall_agent ;;
esac
