# ---------------------------------------------------------------- doctor
# Checks what an outage would need, and ends with "armed" (exit code 0) or why not (1).

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
  local kind answer
  for kind in cmd power status; do
    answer=$(XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_sub -h "$MQTT_BROKER" -p "$MQTT_PORT" -q 1 -E -W 10 -t "$TOPIC/$kind" 2>&1 </dev/null)
    case "$answer" in
      *denied*) bad "the broker does not let $AGENT_ID read $TOPIC/$kind: give it that right" ;;
      *[Rr]efused* | *uthori* | *Error* | *nable* | *"Timed out"*) bad "broker $MQTT_BROKER:$MQTT_PORT: ${answer##*$'\n'}"; return 1 ;;
      *) good "broker $MQTT_BROKER:$MQTT_PORT lets us read $TOPIC/$kind" ;;
    esac
  done
}

# A denied publish is not answered in MQTT 3.1.1, so only an echo proves the right to write.
check_publish() {
  local heard
  heard=$(XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_sub -h "$MQTT_BROKER" -p "$MQTT_PORT" -q 1 -C 1 -W 3 -t "$TOPIC/status" 2>/dev/null </dev/null)
  case "$heard" in *'"online":true'*) good "an agent is connected as $AGENT_ID"; return ;; esac
  XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_pub -h "$MQTT_BROKER" -p "$MQTT_PORT" -q 1 -r -t "$TOPIC/status" -m '{"online":false,"reason":"doctor"}' 2>/dev/null
  heard=$(XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_sub -h "$MQTT_BROKER" -p "$MQTT_PORT" -q 1 -C 1 -W 3 -t "$TOPIC/status" 2>/dev/null </dev/null)
  case "$heard" in
    *'"reason":"doctor"'*) good "we may write $TOPIC/status" ;;
    *) bad "what we write to $TOPIC/status does not come back: the broker denies it" ;;
  esac
  warn "no agent is connected as $AGENT_ID: start the service"
}

check_clock() {
  local power behind
  power=$(XDG_CONFIG_HOME="$RUN/mosquitto" mosquitto_sub -h "$MQTT_BROKER" -p "$MQTT_PORT" -q 1 -C 1 -W 20 -F '%x' -t "$TOPIC/power" 2>/dev/null </dev/null)
  if [ -z "$power" ] || ! read_payload "$power" || [ "$kind_at" != whole ]; then
    warn "no power message for $AGENT_ID within 20 s: does the server know this machine?"
    return
  fi
  behind=$((field_at - $(date +%s)))
  if [ "${behind#-}" -le 60 ]; then good "the clock agrees with the server's (difference $behind s)"
  else warn "the clock differs by $behind s from the server's (commands are judged by the server's time all the same)"; fi
}

# Asks sudo about the command itself: a rule may allow only this one. Options of sudo are left out.
sudo_allows() { # words behind sudo
  while :; do case "$1" in -n | -E | -H | --) shift ;; *) break ;; esac; done
  sudo -n -l -- "$@" >/dev/null 2>&1
}

check_permission() {
  local problem commands words
  find_problem "$SHUTDOWN_CMD"
  if [ -n "$problem" ]; then bad "SHUTDOWN_CMD cannot be run: $problem: $SHUTDOWN_CMD"
  elif [ "$EUID" = 0 ]; then good "we are root and may shut down: $SHUTDOWN_CMD"
  else
    # shellcheck disable=SC2206  # words of a command, without file name patterns (set -f)
    words=($SHUTDOWN_CMD)
    if [ "${words[0]##*/}" = sudo ] && sudo_allows "${words[@]:1}"; then good "sudo works without a password: $SHUTDOWN_CMD"
    else bad "not root: \"$SHUTDOWN_CMD\" may be refused or ask for a password; run the agent as root, or allow it in sudoers (NOPASSWD)"; fi
  fi
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
  case "$not_armed" in *mosquitto*) ;; *) check_subscriptions && check_publish && check_clock ;; esac
  check_permission
  check_network
  check_wake
  [ "$COMEBACK" != rtc ] || check_comeback
  [ "$DEADMAN" = 1 ] || warn "DEADMAN is off: when the server falls silent in an outage this machine runs to the crash"
  [ "$DRY_RUN" = 0 ] || bad "DRY_RUN is on"
  [ -n "$AGENT_KEY" ] || warn "no AGENT_KEY: anyone who can write to the broker can shut this machine down"
  if [ -z "$not_armed" ]; then printf 'armed\n'; return 0; fi
  printf 'not armed:%s\n' "$not_armed"
  return 1
}
