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
