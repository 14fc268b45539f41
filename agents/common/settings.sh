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
