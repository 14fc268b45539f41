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
