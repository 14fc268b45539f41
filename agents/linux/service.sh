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
