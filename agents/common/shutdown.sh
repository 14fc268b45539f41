# ---------------------------------------------------------------- going down
# idle -> delay -> pre_shutdown -> shutting_down. "shutting_down" has a moment (announcing=1, at most 1 s) in which the
# acknowledgement leaves; SHUTDOWN_CMD starts after it, and that start is the point of no return.

elapsed() { printf ',"elapsed_sec":%s' "$(seconds $((now - received)))"; }

mark_dry() {
  dry_mark=
  [ "$command_dry" = 0 ] || dry_mark=',"dry_run":true'
}

change_state() {
  state=$1
  save_state
  say_status
}

start_countdown() { # seconds
  deadline=$((now + $1 * 100 + CLOCK_GRAIN))
  log "TIMER START: $1 s until the pre-commands (${pre_shutdown_sec} s at most) and SHUTDOWN_CMD; command $command_id${field_reason:+: $field_reason}"
  change_state delay
  [ "$1" = 0 ] || ack "$command_id" delay "$(elapsed)$dry_mark"
}

start_pre_commands() {
  if [ "$seq_kind" = shed ] || [ "$seq_kind" = restore ] || [ "$seq_kind" = post ]; then
    log "the $seq_kind commands are cut short: the machine goes down"
  fi
  drop_job
  seq_kind=
  if ! has_commands pre; then announce; return; fi
  change_state pre_shutdown
  ack "$command_id" pre_shutdown "$(elapsed)$dry_mark"
  start_sequence pre
}

announce() {
  log "SHUTDOWN TRIGGERED after $(seconds $((now - received))) s; command $command_id"
  announcing=1
  change_state shutting_down
  if [ "$COMEBACK" = rtc ] && [ "$command_dry" = 0 ]; then
    prepare_comeback
    start_job COMEBACK "$wake_command" 10
  else
    launch_when_said
  fi
}

launch_when_said() {
  ack "$command_id" shutting_down "$(elapsed)$dry_mark"
  announce_until=$((now + 100))
  announcing=2
}

launch() {
  announcing=0
  if [ "$command_dry" = 1 ]; then
    log "dry run: SHUTDOWN_CMD is not run: $SHUTDOWN_CMD"
    done_id=$command_id
    reset_command
    change_state idle
    if has_commands post; then start_sequence post; fi
    return
  fi
  done_id=$command_id
  started=1
  retry_at=$((now + 3000))
  save_state
  start_job SHUTDOWN_CMD "$SHUTDOWN_CMD" 0
  shutdown_serial=$job_serial
  old_job=$job
  save_state
}

shutdown_ended() { # exit code
  [ "$state" = shutting_down ] || return 0
  if [ "$1" = 0 ]; then
    started=2
    ended_at=$now
    retry_at=$((now + STILL_UP_SEC * 100))
    [ "$mains_back" = 0 ] || retry_at=$((now + MAINS_GRACE))
    save_state
    return
  fi
  started=0
  retry_at=$((now + 3000 + CLOCK_GRAIN))
  log "SHUTDOWN_CMD failed with $1, the machine is still up; again in 30 s unless it is aborted"
  ack "$command_id" failed ",\"exit\":{\"cmd\":\"SHUTDOWN_CMD\",\"code\":$1}$(elapsed)"
  # An abort that was too late for this attempt is not too late for the next.
  if [ -n "$abort_id" ]; then touched=1; abort_now "$abort_id" "SHUTDOWN_CMD failed and is not tried again"; return; fi
  save_state
}

# After SHUTDOWN_CMD: a failure is repeated. Exit code 0 proves nothing (someone may cancel `shutdown -h +1`): a machine
# that slept (suspend, hibernate), is still up after STILL_UP_SEC, or hears that the mains are back, watches again.
watch_shutdown() {
  case "$announcing" in
    1) return ;;
    2)
      if [ "$now" -ge "$hold_until" ] && { all_said || [ "$now" -ge "$announce_until" ]; }; then launch; fi
      return ;;
  esac
  [ -z "$job" ] && [ "$now" -ge "$retry_at" ] || return 0
  if [ "$started" = 2 ]; then
    if [ "$mains_back" = 1 ]; then log "the mains are back and this machine is still up: watching again; $command_id is over"
    else log "still up $STILL_UP_SEC s after SHUTDOWN_CMD ended with 0: watching again; $command_id is over"; fi
    reset_command
    change_state idle
  elif [ "$started" = 1 ]; then
    # The agent was killed while SHUTDOWN_CMD ran; whether it did its work shows in the machine being up.
    if [ -n "$old_job" ] && kill -0 -- "-$old_job" 2>/dev/null; then
      retry_at=$((now + 3000))
    else
      shutdown_ended 137
    fi
  else
    launch
  fi
}

MAINS_GRACE=1000        # hundredths of a second that a machine going down has to be gone once the mains are back

# The server says that the mains are back after an outage: a machine that is still up need not wait any longer.
on_mains_back() {
  [ "$state" = shutting_down ] && [ "$announcing" = 0 ] && [ "$started" != 0 ] || return 0
  mains_back=1
  [ "$started" = 2 ] && [ "$retry_at" -gt $((now + MAINS_GRACE)) ] || return 0
  retry_at=$((now + MAINS_GRACE))
  save_state
}

# A command of another outage reaches a machine whose SHUTDOWN_CMD ended with 0: the machine is up, so that shutdown
# was cancelled or undone.
is_another_outage() {
  [ "$state:$started" = shutting_down:2 ] && [ -n "$field_seq" ] && [ -n "$field_outage" ] &&
    [ -n "$command_outage" ] && [ "$field_outage" != "$command_outage" ]
}

# ---------------------------------------------------------------- abort

abort_shutdown() { # id reason
  case "$state" in
    shutting_down)
      if [ "$announcing" = 0 ] && [ "$started" != 0 ]; then abort_late "$1"; return; fi
      touched=1 ;;
    pre_shutdown) touched=1 ;;
    *) touched=0 ;;
  esac
  abort_now "$1" "$2"
}

abort_now() { # id reason
  log "ABORT in $state after $(seconds $((now - received))) s; ${2:-no reason given}"
  drop_job
  announcing=0
  if [ -n "$wake_cancel" ]; then
    /bin/bash -c "$wake_cancel" </dev/null >/dev/null 2>&1 3>&- 4>&- &
    wake_cancel=''
  fi
  ack "$1" aborted "$(elapsed)$dry_mark"
  abort_id=''
  reset_command
  change_state idle
  if [ "$touched" = 1 ] && has_commands post; then start_sequence post; fi
}

# SHUTDOWN_CMD was started: only ABORT_CMD can say that it was undone.
abort_late() { # id
  abort_id=$1
  if [ -z "$ABORT_CMD" ]; then
    log "ABORT came after SHUTDOWN_CMD was started: too late"
    ack "$1" too_late "$(elapsed)"
    return
  fi
  job=''                # SHUTDOWN_CMD goes on; its end is known by shutdown_serial
  start_job ABORT_CMD "$ABORT_CMD" 10
}

abort_ended() { # exit code
  if [ "$1" != 0 ]; then ack "$abort_id" too_late ",\"exit\":{\"cmd\":\"ABORT_CMD\",\"code\":$1}$(elapsed)"; return; fi
  touched=1
  done_id=
  ended_at=0
  [ -z "$old_job" ] || end_group "$old_job"
  abort_now "$abort_id" "ABORT_CMD ended with 0"
}

# ---------------------------------------------------------------- shed and restore

start_step() { # shed|restore
  step_id=$command_word_id
  step_dry=$want_dry
  if ! has_commands "$1"; then
    ack "$step_id" refused ",\"reason\":\"no commands are set for $1\""
  elif [ "$state" != idle ]; then
    ack "$step_id" refused ",\"reason\":\"the machine is going down\""
  elif [ "$step_dry" = 1 ]; then
    seq_failed=
    if [ "$1" = shed ]; then finish_step shed; else finish_step restored; fi
  else
    ack "$step_id" received
    start_sequence "$1"
  fi
}

finish_step() { # shed|restored
  local dry=
  [ "$step_dry" = 0 ] || dry=',"dry_run":true'
  ack "$step_id" "$1" "${seq_failed:+,\"exit\":$seq_failed}$dry"
}
