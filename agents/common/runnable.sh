# ---------------------------------------------------------------- can a command be run?
# Checks the program of a command line, also behind `sudo` and the like. What only a shell can know (variables,
# substitutions, compound commands) is not judged.

# Finds a program, a builtin or a keyword of the shell. Our own functions are none.
is_runnable() {
  case "$(type -t -- "$1")" in builtin | keyword) return 0 ;; esac
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin type -P -- "$1" >/dev/null
}

# Sets word to the first word of rest and takes it off; returns 1 when it cannot be judged.
first_word() {
  local quote
  rest=${rest#"${rest%%[![:space:]]*}"}
  case "$rest" in
    [\"\']*)
      quote=${rest:0:1}
      rest=${rest:1}
      word=${rest%%"$quote"*}
      rest=${rest#*"$quote"}
      case "$rest" in '' | [[:space:]\;\&\|]*) ;; *) return 1 ;; esac ;;
    *)
      word=${rest%%[[:space:]\;\&\|\<\>]*}
      rest=${rest#"$word"} ;;
  esac
  case "$word" in *[\$\`\\\"\'\(\)\{\}\*\?\~\[\]]*) return 1 ;; esac
}

# Skips an option of wrapper, and its value. Returns 1 for any other option: it may take a value that looks like a
# command, and a command that works must never be refused.
skip_option() {
  local letters
  case "$wrapper$word" in
    sudo-- | env-- | command-- | nohup-- | env-i | env- | exec-c | exec-l | command-p) return 0 ;;
    sudo-[!-]*) ;;
    *) return 1 ;;
  esac
  letters=${word#-}
  while :; do case "$letters" in [AbEHKknPS]*) letters=${letters#?} ;; *) break ;; esac; done
  case "$letters" in
    [CDghpRrTtu]) first_word ;;
    '' | [CDghpRrTtu]?*) return 0 ;;
    *) return 1 ;;
  esac
}

# Sets problem: why the command cannot be run, or nothing; and program: what it runs, or nothing where only a shell knows.
find_problem() { # command
  local rest=$1 word wrapper=''
  problem='' program=''
  while first_word; do
    case "$word" in
      '') [ -z "$wrapper" ] || problem="there is nothing behind $wrapper"; return ;;
      \#*) problem="it is only a comment and runs nothing"; return ;;
      [A-Za-z_]*=*) continue ;;
      -*) skip_option || return 0; continue ;;
    esac
    if ! is_runnable "$word"; then
      case "$word" in
        */*) if [ -e "$word" ]; then problem="$word cannot be run (chmod +x)"; else problem="there is no $word"; fi ;;
        *) problem="there is no $word in PATH" ;;
      esac
      return
    fi
    case "${word##*/}" in sudo | exec | command | nohup | env) wrapper=${word##*/} ;; *) program=$word; return ;; esac
  done
}

# Calls a function with "<name>: <why>" for each command that cannot be run.
each_unrunnable() { # function name…
  local report=$1 name problem program
  shift
  for name in "$@"; do
    [ -n "${!name}" ] || continue
    find_problem "${!name}"
    [ -z "$problem" ] || "$report" "$name cannot be run: $problem: ${!name} (install it, or correct $name)"
  done
}

# Sets commands to the names of all other commands that are set.
other_commands() {
  local base i name
  commands=
  [ -z "$ABORT_CMD" ] || commands=ABORT_CMD
  for base in PRE_SHUTDOWN_CMD POST_ABORT_CMD SHED_CMD RESTORE_CMD; do
    for i in 1 2 3 4 5 6 7 8 9; do
      name=${base}_$i
      [ -z "${!name}" ] || commands="$commands $name"
    done
  done
}

warn_unrunnable() {
  local commands
  other_commands
  # shellcheck disable=SC2086  # a list of names
  each_unrunnable log $commands
}
