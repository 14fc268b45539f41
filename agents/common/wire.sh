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
