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
