# ---------------------------------------------------------------- the loop

on_line() {
  local retained topic payload
  case "$1" in
    '') ;;
    '@sent '*) message_sent "${1#@sent }" ;;
    '@job '*)
      topic=${1#@job }
      if [ -n "$job" ] && [ "${topic%% *}" = "$job_serial" ]; then
        job=
        job_ended "${topic#* }"
      elif [ "${topic%% *}" = "$shutdown_serial" ]; then
        shutdown_ended "${topic#* }"
      fi ;;
    [01]' '*)
      retained=${1:0:1}
      payload=${1:2}
      topic=${payload%% *}
      payload=${payload#* }
      case "$topic" in
        "$TOPIC/cmd") heard_something "$retained"; on_command "$retained" "$payload" ;;
        "$TOPIC/power") heard_something "$retained"; on_power "$retained" "$payload" ;;
        "$TOPIC/status") heard_something "$retained"; on_status "$retained" "$payload" ;;
      esac ;;
    *) broker_words=${1:0:300} ;;
  esac
}

on_tick() {
  if [ "$slept" = 1 ]; then
    log "the machine slept; time asleep is no silence: connecting anew before anything is decided"
    server_at=
    reconnect=1
    # Once a command: a machine so busy that each tick looks like sleep must still go down.
    if [ -z "$command_id" ] || [ "$hold_of" != "$command_id" ]; then
      hold_of=$command_id
      settle=1
      hold_until=$((now + 3000))
    fi
    [ "$state:$started" != shutting_down:2 ] || { reset_command; change_state idle; }
  fi
  [ "$idle" = 0 ] || watch_listener
  watch_sender
  watch_job
  heartbeat
  case "$state" in
    delay) if [ "$now" -ge "$deadline" ] && [ "$now" -ge "$hold_until" ]; then start_pre_commands; fi ;;
    shutting_down) watch_shutdown ;;
  esac
  watch_deadman
}

# Blocks until a line or the tick's end. Sets line and idle.
next_line() {
  local piece tick=1 code
  [ "$state" = idle ] || tick=$BUSY_TICK
  IFS= read -r -t "$tick" -n "$LINE_LIMIT" piece <&3
  code=$?
  idle=0
  line=
  if [ "$code" != 0 ]; then
    idle=1
    rest=$rest$piece
    # Anything but "time is up" would come back at once, for ever.
    if [ "$code" -le 128 ] && [ "${BASH_VERSINFO[0]}" -ge 4 ]; then sleep 1; fi
  elif [ ${#piece} -ge "$LINE_LIMIT" ] || [ ${#rest} -ge "$LINE_LIMIT" ]; then
    rest=
    skipping=1
  elif [ "$skipping" = 1 ]; then
    skipping=0
    rest=
    log "ignored: a message of more than $((LINE_LIMIT / 2000)) kB"
  else
    line=$rest$piece
    rest=
  fi
}

start_variables() {
  now=0 idle=0 slept=0 rest='' line='' skipping=0 stopping=0
  state=idle command_id='' command_dry=0 dry_mark='' received=0 deadline=0 started=0 announcing=0 retry_at=0 touched=0
  done_id='' last_id='' abort_id='' step_id='' step_dry=0
  seq_kind='' seq_index=0 seq_deadline=0 seq_failed='' job='' old_job='' shutdown_serial='' job_name='' job_serial=0 job_limit=0 job_gone=0
  power_heard='' power_seq='' power_at='' server_at='' server_now=0 on_battery='' deadman_sec=300 last_try=0
  listener='' listener_retry=0 listener_pause=100 listener_failures=0 connected=0 reconnect=0 echo_due=0 next_heartbeat=0
  sender='' send_retry=0 hold_until=0 settle=0 state_complaint=0
  hold_of='' broker_words='' wake_command='' wake_cancel='' online=true offline_reason='' armed=false
}

# Goes on where a killed agent stopped; the server gets a moment to say that it no longer wants it.
resume() {
  mark_dry
  if [ "$state" = idle ] && [ "$on_battery" != 1 ]; then seq_kind='' job=''; return; fi
  hold_until=$((now + 1000))
  settle=1
  case "$state" in
    delay) log "resumed: $command_id, $(((deadline - now) / 100)) s left" ;;
    pre_shutdown)
      log "resumed: $command_id at $seq_kind command $seq_index"
      drop_job
      if [ "$seq_kind" = pre ]; then next_in_sequence; else announce; fi ;;
    shutting_down)
      log "resumed: $command_id, SHUTDOWN_CMD was $started"
      [ "$started" != 0 ] || retry_at=$hold_until ;;
    idle)
      seq_kind=''
      log "resumed: on battery, $(((now - power_heard) / 100)) s of silence" ;;
  esac
  [ "$state" = pre_shutdown ] || { old_job=$job; job=''; }
}

say_goodbye() {
  local until
  online=false
  offline_reason=user
  [ "$state" != shutting_down ] || offline_reason='command'
  log "stopping ($offline_reason)"
  say_status
  until=$((now + 300))
  while ! all_said && [ "$now" -lt "$until" ]; do
    next_line
    count_tick
    case "$line" in '@sent '*) message_sent "${line#@sent }" ;; esac
  done
  [ -z "$listener" ] || kill "$listener" 2>/dev/null
  rm -rf "$RUN/pid" "$RUN/listener" "$RUN/lines" "$RUN/mosquitto"
}

run() {
  local tool
  start_variables
  for tool in mosquitto_sub mosquitto_pub awk fold od; do
    command -v "$tool" >/dev/null || die "$tool is not installed ($INSTALL_HINT)"
  done
  [ -z "$AGENT_KEY" ] || command -v openssl >/dev/null || die "AGENT_KEY needs openssl"
  start_run_folder
  end_old_listener
  read_boot_id
  load_state
  start_clock
  prepare_key
  write_credentials
  count_pre_shutdown
  [ "$DRY_RUN" = 1 ] || armed=true
  # Arithmetic, not an assignment: in bash 3.2 an assignment in a trap that interrupts another crashes the shell.
  trap '((stopping = 1))' TERM INT HUP
  trap : PIPE
  log "ecoflow-power agent $VERSION on $PLATFORM: $AGENT_ID at $MQTT_BROKER:$MQTT_PORT, settings ${settings_file:-from the environment}$([ "$armed" = true ] || echo ', dry run')"
  warn_unrunnable
  resume
  unset -f first_word is_runnable find_problem each_unrunnable other_commands warn_unrunnable start_variables start_run_folder end_old_listener load_state prepare_key write_credentials count_pre_shutdown resume
  watch_listener
  while [ "$stopping" = 0 ]; do
    next_line
    count_tick
    [ -z "$line" ] || on_line "$line"
    on_tick
  done
  say_goodbye
}

# What follows is for people at a terminal; the agent at work never reads that far.
if [ "$mode" = run ]; then
  run
  exit
fi
