# ---------------------------------------------------------------- launchd

SERVICE_FILE=$ROOT/Library/LaunchDaemons/com.ecoflow.agent.plist
INSTALLED_SHUTDOWN_CMD="/sbin/shutdown -h now"
EXAMPLE_SETTINGS="# PRE_SHUTDOWN_CMD_1=osascript -e 'tell application \"Docker\" to quit'
# POST_ABORT_CMD_1=open -a Docker"

service_text() {
  cat <<EOT
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>com.ecoflow.agent</string>
  <key>ProgramArguments</key>
  <array>
    <string>/bin/bash</string>
    <string>$INSTALLED</string>
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>ECOFLOW_POWER_AGENT_ENV</key>
    <string>$SETTINGS_FILE</string>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
  <key>ThrottleInterval</key>
  <integer>5</integer>
  <key>ExitTimeOut</key>
  <integer>10</integer>
  <key>ProcessType</key>
  <string>Interactive</string>
  <key>StandardOutPath</key>
  <string>/var/log/ecoflow-agent.log</string>
  <key>StandardErrorPath</key>
  <string>/var/log/ecoflow-agent.log</string>
</dict>
</plist>
EOT
}

start_service() {
  launchctl print system/com.ecoflow.agent >/dev/null 2>&1 && do_or_show launchctl bootout system/com.ecoflow.agent
  do_or_show launchctl bootstrap system "$SERVICE_FILE"
}

stop_service() {
  [ -f "$SERVICE_FILE" ] || return 0
  do_or_show launchctl bootout system/com.ecoflow.agent
  remove /var/log/ecoflow-agent.log
}

# ---------------------------------------------------------------- checks of the doctor on macOS

# Root may switch a Mac off; others need sudo.
try_permission() { obstacle='' proof=''; }

way_to_broker() {
  local route device gateway
  route=$(route -n get "$MQTT_BROKER" 2>/dev/null) || return 0
  device=$(printf '%s\n' "$route" | awk '$1 == "interface:" { print $2 }')
  gateway=$(printf '%s\n' "$route" | awk '$1 == "gateway:" { print $2 }')
  case "$device" in
    '') ;;
    lo*) printf 'local' ;;
    *) if [ -n "$gateway" ]; then printf 'through router %s, device %s' "$gateway" "$device"
       else printf 'on the same network, device %s' "$device"; fi ;;
  esac
}

check_wake() {
  case "$(pmset -g custom 2>/dev/null | awk '$1 == "womp" { print $2 }')" in
    *1*) good "womp is on: a sleeping Mac wakes by a magic packet; one that is off does not" ;;
    *) warn "womp is off: nothing on the network can wake this Mac (pmset -a womp 1, and only from sleep)" ;;
  esac
  case "$(pmset -g custom 2>/dev/null | awk '$1 == "autorestart" { print $2 }')" in
    *1*) good "autorestart is on: the Mac starts when power returns after a cut" ;;
    *) warn "autorestart is off: after a cut this Mac stays off (pmset -a autorestart 1)" ;;
  esac
  case "$(fdesetup status 2>/dev/null)" in
    *'is On'*) warn "FileVault is on: after a start nothing runs, this agent neither, until someone has logged in" ;;
  esac
}

check_comeback() {
  if command -v pmset >/dev/null; then good "COMEBACK=rtc: pmset can switch this Mac on after $COMEBACK_SEC s"
  else bad "COMEBACK=rtc, but pmset is missing"; fi
}
