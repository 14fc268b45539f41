# ---------------------------------------------------------------- the loop

on_line() {
  local retained topic payload
  case "$1" in
    [01]' '*)
      retained=${1:0:1}
      payload=${1:2}
      topic=${payload%% *}
      payload=${payload#* }
      if [ ${#payload} -gt "$SHORT_LIMIT" ] && [ "$topic" != "$TOPIC/cmd" ]; then
        heard_something "$retained"
        log "dropped: $((${#payload} / 2000)) kB on $topic > $((SHORT_LIMIT / 2000)) kB"
        return
      fi
      case "$topic" in
        "$TOPIC/cmd") heard_something "$retained"; on_command "$retained" "$payload" ;;
        "$TOPIC/power") heard_something "$retained"; on_power "$retained" "$payload" ;;
        "$TOPIC/status") heard_something "$retained"; on_status "$retained" "$payload" ;;
      esac ;;
  esac
}

on_own() {
  local text=${1#@job }
  case "$1" in
    '@sent '*) message_sent "${1#@sent }" ;;
    '@job '*)
      # A goodbye starts nothing more.
      [ "$stopping" = 0 ] || return 0
      if [ -n "$job" ] && [ "${text%% *}" = "$job_serial" ]; then
        job=
        job_ended "${text#* }"
      elif [ "${text%% *}" = "$shutdown_serial" ]; then
        shutdown_ended "${text#* }"
      fi ;;
  esac
}

# Reads our own messages from descriptor 4. One is there, or comes within a moment; more are there only after a writer
# was killed between its message and its line end on descriptor 3, and only bash 4 can look without waiting.
read_own() {
  local own_message
  IFS= read -r -t 1 own_message <&4 || return 0
  on_own "$own_message"
  [ "${BASH_VERSINFO[0]}" -ge 4 ] || return 0
  while read -r -t 0 <&4; do
    IFS= read -r -t 1 own_message <&4 && on_own "$own_message"
  done
}

on_tick() {
  if [ "$slept" = 1 ]; then
    log "the machine slept; time asleep is no silence: connecting again before anything is decided"
    server_at=
    reconnect=1
    # Once a command: a machine so busy that each tick looks like sleep must still go down.
    if [ -z "$command_id" ] || [ "$hold_of" != "$command_id" ]; then
      hold_of=$command_id
      settle=1
      hold_until=$((now + 3000))
    fi
    [ "$state:$started" != shutting_down:2 ] || { ended_at=0; reset_command; change_state idle; }
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

# Adds a piece to the message that is being read, or drops it with the rest of a message that is too long. ":" begins a
# message, also where the one before it was cut off by the end of its mosquitto_sub. "~" comes from read_block.
take() {
  local piece=$1
  while :; do case "$piece" in *:*) rest='' skipping=0 piece=${piece#*:} ;; *) break ;; esac; done
  [ "$skipping" = 0 ] || return 0
  case "$piece" in *\~*) piece=${piece//\~/} ;; esac
  rest=$rest$piece
  [ ${#rest} -le "$LINE_LIMIT" ] || { rest='' skipping=1; }
}

# Sets block to what comes next of a message that is being dropped: bash alone reads it byte by byte, about 3 s for each
# megabyte, in which no command would be heard. dd waits for a byte; our own "~" is one even if mosquitto_sub has ended.
read_block() {
  printf '~' >&3 &
  block=$(dd bs=65536 count=1 <&3 2>/dev/null 3>&- 4>&-; printf .)
  block=${block%.}
  case "$block" in \~ | \~\~) block= ;; esac
}

# Sets piece to the next line of block or the rest of it, and returns 1 for the rest.
cut_block() {
  case "$block" in
    *$'\n'*) piece=${block%%$'\n'*} block=${block#*$'\n'} ;;
    *) piece=$block block=''; return 1 ;;
  esac
}

# Blocks until a line, a piece of one, or the tick's end. Sets line to a whole message of the wire or nothing, own=1 when
# a message of our own waits, idle=1 when nothing came.
next_line() {
  local piece tick=1 code whole=1 ended=0
  idle=0 own=0 line=
  if [ "$skipping" = 1 ] && [ -z "$block" ]; then read_block; fi
  if [ -n "$block" ]; then
    cut_block || whole=0
  else
    [ "$state" = idle ] || tick=$BUSY_TICK
    IFS= read -r -t "$tick" -n "$PIECE" piece <&3
    code=$?
    if [ "$code" != 0 ]; then
      if [ -z "$piece" ]; then idle=1; else take "$piece"; fi
      # Anything but "time is up" would come back at once, for ever.
      if [ "$code" -le 128 ] && [ "${BASH_VERSINFO[0]}" -ge 4 ]; then sleep 1; fi
      return
    fi
    [ ${#piece} -lt "$PIECE" ] || whole=0
  fi
  # Without ${piece%;}: bash needs the square of the length to find that a long text does not end so.
  case "$piece" in *\;) ended=1 piece=${piece:0:${#piece}-1} ;; esac
  take "$piece"
  if [ "$ended" = 0 ]; then own=$whole; return; fi
  if [ "$skipping" = 1 ]; then log "dropped: a message of more than $((LINE_LIMIT / 2000)) kB"
  else line=$rest; fi
  rest='' skipping=0
}

start_variables() {
  now=0 idle=0 slept=0 rest='' line='' block='' own=0 skipping=0 stopping=0
  state=idle command_id='' command_dry=0 dry_mark='' received=0 deadline=0 started=0 announcing=0 retry_at=0 touched=0
  mains_back=0 outage_open=0 ended_at=0 rival_quiet=0
  done_id='' command_outage='' last_id='' abort_id='' step_id='' step_dry=0
  seq_kind='' seq_index=0 seq_deadline=0 seq_failed='' job='' old_job='' shutdown_serial='' job_name='' job_serial=0 job_limit=0 job_gone=0
  power_heard='' power_seq='' power_at='' server_at='' server_now=0 on_battery='' deadman_sec=300 last_try=0
  listener='' listener_retry=0 listener_pause=100 listener_failures=0 connected=0 reconnect=0 echo_due=0 next_heartbeat=0
  sender='' send_retry=0 hold_until=0 settle=0 state_complaint=0
  hold_of='' broker_words='' wake_command='' wake_cancel='' online=true offline_reason='' armed=false
}

# Continues where a killed agent stopped, after a moment in which the server can abort it.
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
  if [ "$state" = shutting_down ] || { [ "$ended_at" != 0 ] && [ $((now - ended_at)) -lt 90000 ]; }; then offline_reason='command'; fi
  log "stopping ($offline_reason)"
  say_status
  until=$((now + 300))
  while ! all_said && [ "$now" -lt "$until" ]; do
    next_line
    count_tick
    [ "$own" = 0 ] || read_own
  done
  [ -z "$listener" ] || kill "$listener" 2>/dev/null
  rm -rf "$RUN/pid" "$RUN/listener" "$RUN/lines" "$RUN/own" "$RUN/complaints" "$RUN/mosquitto"
}

run() {
  local tool
  start_variables
  for tool in mosquitto_sub mosquitto_pub awk fold od; do
    command -v "$tool" >/dev/null || die "$tool is not installed ($INSTALL_HINT)"
  done
  [ -z "$AGENT_KEY" ] || command -v openssl >/dev/null || die "AGENT_KEY needs openssl"
  start_run_folder
  make_client_id
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
  unset -f make_client_id process_args machine_id first_word is_runnable skip_option find_problem each_unrunnable other_commands warn_unrunnable start_variables start_run_folder end_old_listener load_state prepare_key write_credentials count_pre_shutdown resume
  watch_listener
  while [ "$stopping" = 0 ]; do
    next_line
    count_tick
    [ "$own" = 0 ] || read_own
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
