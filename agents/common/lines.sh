# ---------------------------------------------------------------- lines of the settings file
# NAME=value, parsed and never executed. The server reads its .env by the same rules; one table of lines tests both.

mistakes=
doubts=''      # what is no mistake and may be meant otherwise, a line each; said at the start and by the doctor

mistake() { mistakes="$mistakes
  - $*"; }

say_doubts() { # function
  local line
  while IFS= read -r line; do [ -z "$line" ] || "$1" "$line"; done <<EOT
$doubts
EOT
}

is_setting() {
  local name
  for name in $SETTINGS; do [ "$1" = "$name" ] && return 0; done
  for name in $NUMBERED; do
    case "$1" in "${name}_"[1-9]) return 0 ;; esac
  done
  return 1
}

looks_like_ours() {
  case "$1" in
    AGENT_* | MQTT_* | PRE_* | POST_* | SHUT* | ABORT* | SHED* | RESTORE* | DEAD* | COMEBACK* | DRY* | LOG_* | STILL_* | NETWORK_*) return 0 ;;
  esac
  return 1
}

trim() {
  value=${value#"${value%%[![:space:]]*}"}
  value=${value%"${value##*[![:space:]]}"}
}

# Sets inner and returns 0 when value is one quoted text, perhaps with a comment behind it. It ends at the first such
# quote with nothing but a comment behind it; in a command a quote behind a backslash does not end it.
read_quoted() { # command 0|1
  local quote=${value:0:1} rest=${value:1} piece behind
  inner=
  while :; do
    case "$rest" in *"$quote"*) ;; *) return 1 ;; esac
    piece=${rest%%"$quote"*}
    rest=${rest#*"$quote"}
    inner=$inner$piece
    behind=${rest#"${rest%%[![:space:]]*}"}
    case "$1$quote$piece" in
      1\"*\\) ;;
      *) case "$behind" in '' | \#*) return 0 ;; esac ;;
    esac
    inner=$inner$quote
  done
}

# Takes outer quotes and the comment off value. A command with further quotes inside keeps everything: the shell that
# runs it knows quotes and comments itself. Returns 1 when the quote of a plain value is never closed.
unquote() { # name
  local inner command=0
  case "$1" in *_CMD | *_CMD_[1-9]) command=1 ;; esac
  case "$command$value" in
    0[\"\']*)
      read_quoted 0 || return 1
      value=$inner
      trim ;;
    1\"*)
      read_quoted 1 || return 0
      case "${inner//\\\"/}" in *\"*) ;; *) value=${inner//\\\"/\"} ;; esac ;;
    1\'*)
      read_quoted 1 || return 0
      case "$inner" in *\'*) ;; *) value=$inner ;; esac ;;
    0*[[:space:]]\#*)
      value=${value%%[[:space:]]\#*}
      trim ;;
  esac
}

# In `NAME= # text` the text is a comment; in `NAME=#text` it is the value, as in a shell.
read_value() { # text behind the equals sign
  value=$1
  trim
  case "$1" in [[:space:]]*) case "$value" in \#*) value= ;; esac ;; esac
}

# A comment has a blank behind its "#"; without one it is rather a part of the password that would be lost.
note_cut() { # name line
  case "$1" in MQTT_PASS | AGENT_KEY) ;; *) return 0 ;; esac
  case "$value" in [\"\']*) ;; *[[:space:]]\#[![:space:]]*)
    doubts="$doubts
line $2 of $settings_file: $1 ends before \" #\", what follows counts as a comment; if it belongs to the value, put the value in quotes" ;;
  esac
}

read_settings_line() { # line number
  local name value earlier
  value=$1
  trim
  case "$value" in '' | \#* | \$*) return ;; esac
  case "$value" in
    *=*) ;;
    *) mistake "line $2 is not of the form NAME=value: write it so, or put # before it"; return ;;
  esac
  name=${value%%=*}
  name=${name#export[[:space:]]}
  name=${name#"${name%%[![:space:]]*}"}
  name=${name%"${name##*[![:space:]]}"}
  if ! is_setting "$name"; then
    strangers="$strangers$2 $name
"
    return
  fi
  case "$seen " in
    *" $name:"*)
      earlier=${seen##*" $name:"}
      mistake "line $2: $name is there twice (also in line ${earlier%% *}): keep one of them"
      return ;;
  esac
  seen="$seen $name:$2"
  read_value "${value#*=}"
  note_cut "$name" "$2"
  unquote "$name" || { mistake "line $2: the quote before the value of $name is never closed: close it, or write no quote"; return; }
  [ -n "${!name+set}" ] || assign "$name" "$value"
}

# Splits at every kind of line end. A byte order mark is skipped; another encoding would hide every name.
read_settings_lines() {
  local line number=0
  while IFS= read -r line || [ -n "$line" ]; do
    if [ "$number" = 0 ]; then
      line=${line#$'\xef\xbb\xbf'}
      case "$line" in $'\xff\xfe'* | $'\xfe\xff'*) mistake "the file is UTF-16: save it as UTF-8"; return ;; esac
    fi
    line=${line%$'\r'}
    while :; do
      number=$((number + 1))
      read_settings_line "${line%%$'\r'*}" "$number"
      case "$line" in *$'\r'*) line=${line#*$'\r'} ;; *) break ;; esac
    done
  done
}

# Docker's --env-file and systemd hand values over as they stand in the file. From a secret only a pair of outer quotes
# is taken, because a # may belong to it.
unwrap_environment() {
  local name value raw
  for name in $(compgen -e); do
    is_setting "$name" || continue
    raw=${!name}
    value=$raw
    case "$name" in
      MQTT_PASS | AGENT_KEY)
        trim
        case "$value" in \"*\" | \'*\') [ ${#value} -lt 2 ] || value=${value:1:${#value}-2} ;; *) value=$raw ;; esac ;;
      *) read_value "$raw"; unquote "$name" || value=$raw ;;
    esac
    [ "$value" = "$raw" ] || assign "$name" "$value"
  done
}

# Prints "<where> <name> <nearest setting or -> <1 when it is a near miss>" for each line "<where> <name>". Upper and
# lower case, _ - . and blanks do not count; the limits are those of the server.
NEAREST='
function plain(word) { word = toupper(word); gsub(/[-_. \t]/, "", word); return word }
function least(a, b) { return a < b ? a : b }
function distance(a, b,   i, j, row, la, lb) {
  la = length(a); lb = length(b)
  for (j = 0; j <= lb; j++) row[0, j] = j
  for (i = 1; i <= la; i++) {
    row[i, 0] = i
    for (j = 1; j <= lb; j++) {
      row[i, j] = least(least(row[i - 1, j], row[i, j - 1]) + 1, row[i - 1, j - 1] + (substr(a, i, 1) != substr(b, j, 1)))
      if (i > 1 && j > 1 && substr(a, i, 1) == substr(b, j - 1, 1) && substr(a, i - 1, 1) == substr(b, j, 1))
        row[i, j] = least(row[i, j], row[i - 2, j - 2] + 1)
    }
  }
  return row[la, lb]
}
BEGIN { count = split(names, known, " ") }
NF {
  where = $1; sub(/^[^ ]* /, ""); word = plain($0); limit = int(length(word) / 3); if (limit < 1) limit = 1
  best = limit + 1; near = "-"
  for (i = 1; i <= count; i++) { edits = distance(word, plain(known[i])); if (edits < best) { best = edits; near = known[i] } }
  name = $0; gsub(/[ \t]/, "?", name)
  print where, name, near, (near != "-" && best <= (length(name) >= 10 ? 2 : 1)), best
}'

# An unknown name is refused when it begins like ours or is nearly one of ours; all others belong to other programs. In
# the environment only another spelling of the same letters counts.
check_strangers() {
  local names base i where name near is_near edits
  strangers="$strangers$(compgen -e | awk 'toupper($0) ~ /^(AGENT|MQTT|PRE|POST|SHUT|DRY|DEAD|ABORT|COMEBACK|SHED|RESTORE|STILL)/ { print "environment " $0 }')"
  [ -n "$strangers" ] || return 0
  names=$SETTINGS
  for base in $NUMBERED; do for i in 1 2 3 4 5 6 7 8 9; do names="$names ${base}_$i"; done; done
  while read -r where name near is_near edits; do
    if [ -z "$where" ] || is_setting "$name"; then continue; fi
    case "$where" in
      environment) [ "$edits" = 0 ] || continue; where="the environment" ;;
      *) [ "$is_near" = 1 ] || looks_like_ours "$name" || continue; where="line $where" ;;
    esac
    case " $NUMBERED " in
      *" ${name%_[0-9]*} "*) near="; they are numbered from 1 to 9" ;;
      *) [ "$near" = - ] || near="; did you mean $near?" ;;
    esac
    mistake "$where: there is no setting called $name${near#-}"
  done <<EOT
$(printf '%s\n' "$strangers" | awk -v names="${names//$'\n'/ }" "$NEAREST")
EOT
}
