# ---------------------------------------------------------------- state
# What must outlive a kill of the agent, but not a restart of the machine, lies in the run folder: a countdown goes
# on, an id that was carried out is not carried out twice, and the dead-man stays armed. Instants are values of "now".

STATE_NAMES="state command_id command_dry received deadline started seq_kind seq_index seq_deadline retry_at job \
done_id command_outage outage_open power_heard power_seq power_at server_at server_now on_battery deadman_sec"

start_run_folder() {
  local other
  RUN=${RUNTIME_DIRECTORY:-$DEFAULT_RUN_DIR}
  STATE_DIR=${STATE_DIRECTORY:-$DEFAULT_STATE_DIR}
  umask 077
  mkdir -p "$RUN" 2>/dev/null
  [ -w "$RUN" ] || die "cannot write to $RUN: run as root, or set RUNTIME_DIRECTORY to a folder of your own"
  mkdir -p "$STATE_DIR" 2>/dev/null
  { read -r other <"$RUN/pid"; } 2>/dev/null
  # In a container a new agent may get the number of the old one.
  if [ -n "$other" ] && [ "$other" != $$ ]; then
    case "$(process_args "$other")" in
      *shutdown-listener*) die "another agent (process $other) runs on this machine" ;;
    esac
  fi
  printf '%d\n' $$ >"$RUN/pid"
  rm -f "$RUN/lines" "$RUN/own"
  mkfifo "$RUN/lines" "$RUN/own" || die "cannot make a FIFO in $RUN"
  exec 3<>"$RUN/lines" 4<>"$RUN/own"
}

# Before the effect, never instead of it: where the disk refuses, the effect happens all the same.
save_state() {
  local name
  read_uptime
  {
    printf 'boot %s\nuptime %d\nnow %d\n' "$boot_id" "$uptime_cs" "$now"
    for name in $STATE_NAMES; do printf '%s %s\n' "$name" "${!name}"; done
  } >"$RUN/state.new" 2>/dev/null && mv -f "$RUN/state.new" "$RUN/state" 2>/dev/null && return
  [ "$state_complaint" = 1 ] || log "cannot write $RUN/state: after a crash of the agent nothing would be remembered"
  state_complaint=1
}

# The order of commands outlives the machine's restart too: an old signed command must not come back after a boot.
save_order() {
  { printf '%s %s\n' "$last_epoch" "$last_seq" >"$STATE_DIR/order.new" && mv -f "$STATE_DIR/order.new" "$STATE_DIR/order"; } 2>/dev/null
}

load_state() {
  local name value saved_uptime=0 saved_now=0 gap
  last_epoch=-1 last_seq=-1
  if { read -r name value <"$STATE_DIR/order"; } 2>/dev/null && is_whole_or_long "$name" && is_whole_or_long "$value"; then
    [ "$name" -gt "$EPOCH_LIMIT" ] || last_epoch=$name last_seq=$value
  fi
  [ -r "$RUN/state" ] || return 0
  read -r name value <"$RUN/state"
  [ "$value" = "$boot_id" ] || return 0
  while read -r name value; do
    case "$name" in
      uptime) saved_uptime=$value ;;
      now) saved_now=$value ;;
    esac
    case " $STATE_NAMES " in *" $name "*) assign "$name" "$value" ;; esac
  done <"$RUN/state"
  read_uptime
  gap=$((uptime_cs - saved_uptime))
  now=$((saved_now + gap))
  [ "$gap" -gt $((TRUSTED_GAP_SEC * 100)) ] || return 0
  log "the agent was away for $((gap / 100)) s > $TRUSTED_GAP_SEC s: its command is dropped, the server decides again"
  reset_command
  on_battery=
}

is_whole_or_long() { case "$1" in '' | *[!0-9]* | ?????????????????*) return 1 ;; esac; }

reset_command() {
  state=idle
  command_id=
  command_dry=0
  seq_kind=
  started=0
  mains_back=0
}

# ---------------------------------------------------------------- running commands
# One at a time, in the background, in a process group of its own, with nothing to read; its output goes to the log,
# its true exit code comes back as a message of our own.

start_job() { # name command limit-in-seconds (0: none)
  log "$1 starts$([ "$3" = 0 ] || echo ", $3 s at most")"
  job_name=$1
  job_serial=$((job_serial + 1))
  job_gone=0
  job_limit=0
  [ "$3" = 0 ] || job_limit=$((now + $3 * 100))
  set -m
  {
    if [ -n "$COMMAND_LC_ALL" ]; then LC_ALL=$COMMAND_LC_ALL; else unset LC_ALL; fi
    if [ -n "$LOG_FILE" ]; then exec >>"$LOG_FILE" 2>&1; else exec 2>&1; fi
    /bin/bash -c "$2" </dev/null 3>&- 4>&-
    printf '@job %d %d\n' "$job_serial" $? >&4
    printf '\n' >&3
  } &
  job=$!
  set +m
}

# Ends a group: politely now, for good 2 s later. Nobody waits for it.
end_group() {
  kill -TERM -- "-$1" 2>/dev/null
  { sleep 2; kill -KILL -- "-$1"; } </dev/null >/dev/null 2>&1 3>&- 4>&- &
}

drop_job() {
  [ -z "$job" ] || end_group "$job"
  job=
}

watch_job() {
  local gone
  [ -n "$job" ] || return 0
  if [ "$job_limit" -gt 0 ] && [ "$now" -ge "$job_limit" ]; then
    log "$job_name took longer than its limit and is ended"
    drop_job
    job_ended 124
  elif [ "$idle" = 1 ] && ! kill -0 "$job" 2>/dev/null; then
    # Gone without a message, unless it came in this very moment: then the next tick reads it.
    if [ "$job_gone" = 0 ]; then job_gone=1; return; fi
    gone=$job
    read_own
    # Its message was there after all, and perhaps the next job has started.
    [ "$job" = "$gone" ] || return 0
    job=
    job_ended 137
  fi
}

# ---------------------------------------------------------------- sequences
# PRE_SHUTDOWN_CMD_1…9 (kind pre), POST_ABORT_CMD (post), SHED_CMD (shed), RESTORE_CMD (restore), in order.

seq_base() {
  case "$1" in
    pre) base=PRE_SHUTDOWN_CMD ;;
    post) base=POST_ABORT_CMD ;;
    shed) base=SHED_CMD ;;
    restore) base=RESTORE_CMD ;;
  esac
}

has_commands() { # kind
  local i base name
  seq_base "$1"
  for i in 1 2 3 4 5 6 7 8 9; do
    name=${base}_$i
    [ -z "${!name}" ] || return 0
  done
  return 1
}

start_sequence() { # kind
  drop_job
  seq_kind=$1
  seq_index=1
  seq_deadline=$((now + PRE_SHUTDOWN_TOTAL * 100))
  seq_failed=
  next_in_sequence
}

# Starts the command at seq_index or the first one after it.
next_in_sequence() {
  local base name limit left
  seq_base "$seq_kind"
  while [ "$seq_index" -le 9 ]; do
    name=${base}_$seq_index
    if [ -n "${!name}" ]; then
      limit=PRE_SHUTDOWN_TIMEOUT_$seq_index
      limit=${!limit:-$PRE_SHUTDOWN_TIMEOUT}
      if [ "$seq_kind" = pre ]; then
        left=$(((seq_deadline - now + 99) / 100))
        if [ "$left" -le 0 ]; then
          log "the $PRE_SHUTDOWN_TOTAL s for all pre-commands are over: $name and what follows are left out"
          break
        fi
        [ "$limit" -le "$left" ] || limit=$left
      fi
      save_state        # which one, before it starts; and its process, for who has to end it after a crash
      start_job "$name" "${!name}" "$limit"
      save_state
      return
    fi
    seq_index=$((seq_index + 1))
  done
  sequence_ended
}

sequence_ended() {
  local kind=$seq_kind
  seq_kind=
  case "$kind" in
    pre) announce ;;
    post) log "the POST_ABORT commands are done" ;;
    shed) finish_step shed ;;
    restore) finish_step restored ;;
  esac
}

# How long all pre-commands may take together, seconds.
count_pre_shutdown() {
  local i name limit
  pre_shutdown_sec=0
  for i in 1 2 3 4 5 6 7 8 9; do
    name=PRE_SHUTDOWN_CMD_$i
    [ -n "${!name}" ] || continue
    limit=PRE_SHUTDOWN_TIMEOUT_$i
    pre_shutdown_sec=$((pre_shutdown_sec + ${!limit:-$PRE_SHUTDOWN_TIMEOUT}))
  done
  [ "$pre_shutdown_sec" -le "$PRE_SHUTDOWN_TOTAL" ] || pre_shutdown_sec=$PRE_SHUTDOWN_TOTAL
}

job_ended() { # exit code
  local code=$1
  log "$job_name ended with $code"
  case "$seq_kind:$job_name" in
    *:SHUTDOWN_CMD) shutdown_ended "$code"; return ;;
    *:ABORT_CMD) abort_ended "$code"; return ;;
    *:COMEBACK) say_pre_shutdown "$code"; launch_when_said; return ;;
    pre:*) say_pre_shutdown "$code" ;;
    shed:* | restore:*) [ "$code" = 0 ] || seq_failed="{\"cmd\":\"$job_name\",\"code\":$code}" ;;
  esac
  [ -n "$seq_kind" ] || return 0
  seq_index=$((seq_index + 1))
  next_in_sequence
}

say_pre_shutdown() { # exit code
  ack "$command_id" pre_shutdown ",\"exit\":{\"cmd\":\"$job_name\",\"code\":$1}$(elapsed)$dry_mark"
}
