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
