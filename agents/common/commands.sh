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
