# ---------------------------------------------------------------- JSON
# A small strict JSON reader in awk. The payload comes as hex and stays hex: awk never makes a byte of it, and bash
# decodes only the few texts it needs. Input: one byte a line. Output: one known top-level field a line,
# "<name> <kind> <value>", kind: text (hex, cut at 512 bytes) | odd (a text with quotes, backslashes or control
# characters, those replaced by spaces) | whole | number | true | false | null | nested; or one line "bad <why>".

JSON_READER='
BEGIN {
  for (i = 32; i < 127; i++) letter[sprintf("%02x", i)] = sprintf("%c", i)
  for (i = 0; i < 256; i++) byte[sprintf("%02x", i)] = i
  wanted = " id action delay_sec reason ttl_sec issued_at outage epoch seq station dry_run sig" \
    " on_battery soc runtime_sec deadman_sec at online boot armed phase state "
}
{ b[n++] = $0; if (!($0 in byte)) garbled = 1 }
END {
  if (garbled) bad("the line is garbled")
  pos = 0; out = ""
  space()
  if (b[pos] != "7b") bad("not a JSON object")
  object(1)
  space()
  if (pos != n) bad("something follows the JSON object")
  printf "%s", out
}
function bad(why) { print "bad " why; failed = 1; exit 1 }
function space() { while (b[pos] == "20" || b[pos] == "0a" || b[pos] == "0d" || b[pos] == "09") pos++ }
function expect(c, what) { if (b[pos] != c) bad(what " expected at byte " pos + 1); pos++ }
function object(depth,   key, name) {
  if (depth > 20) bad("nested too deeply")
  expect("7b", "{"); space()
  if (b[pos] == "7d") { pos++; return }
  for (;;) {
    space(); key = text(); name = plain(key); space(); expect("3a", "colon")
    value(depth)
    if (depth == 1 && index(wanted, " " name " ")) {
      if (name in seen) bad(name " is there twice")
      seen[name] = 1
      out = out name " " kind " " val "\n"
    }
    space()
    if (b[pos] == "7d") { pos++; return }
    expect("2c", "comma")
  }
}
function array(depth) {
  if (depth > 20) bad("nested too deeply")
  pos++; space()
  if (b[pos] == "5d") { pos++; return }
  for (;;) {
    value(depth); space()
    if (b[pos] == "5d") { pos++; return }
    expect("2c", "comma")
  }
}
function value(depth,   c) {
  space(); c = b[pos]
  if (c == "7b") { object(depth + 1); kind = "nested"; val = "" }
  else if (c == "5b") { array(depth + 1); kind = "nested"; val = "" }
  else if (c == "22") { val = text(); kind = odd ? "odd" : "text" }
  else if (c == "74") word("true") 
  else if (c == "66") word("false")
  else if (c == "6e") word("null")
  else number()
}
function word(w,   i) {
  for (i = 1; i <= length(w); i++) if (letter[b[pos++]] != substr(w, i, 1)) bad("a literal that JSON does not know")
  kind = w; val = ""
}
function number(   s, c) {
  s = ""
  while (index("+-.0123456789eE", c = letter[b[pos]]) && c != "") { s = s c; pos++; if (length(s) > 40) bad("a number too long") }
  if (s !~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) bad("a value that JSON does not know at byte " pos + 1)
  kind = (s ~ /^(0|[1-9][0-9]*)$/ && length(s) <= 16) ? "whole" : "number"; val = s
}
function plain(hex,   i, s) {
  s = ""
  for (i = 1; i < length(hex); i += 2) s = s letter[substr(hex, i, 2)]
  return (s ~ /^[a-z_]+$/) ? s : "?"
}
function add(c) {
  if (c < "20" || c == "7f") { odd = 1; c = "20" }
  if (c == "22" || c == "5c") { odd = 1; c = "20" }
  if (++size <= 512) str = str c
}
function text(   c) {
  expect("22", "a quoted text"); str = ""; size = 0; odd = 0
  while ((c = b[pos]) != "22") {
    if (pos >= n) bad("a text that does not end")
    if (c < "20") bad("a control character in a text")
    pos++
    if (c != "5c") { if (c == "7f") odd = 1; add(c); continue }
    c = letter[b[pos++]]
    if (c == "u") unicode()
    else if (c == "/") add("2f")
    else if (c != "" && index("\"\\bfnrt", c)) add("0a")
    else bad("an escape that JSON does not know")
  }
  pos++
  if (size > 512) odd = 1
  return str
}
function hex4(   i, v, d) {
  v = 0
  for (i = 0; i < 4; i++) {
    d = index("0123456789abcdef", tolower(letter[b[pos++]]))
    if (!d) bad("an escape that JSON does not know")
    v = v * 16 + d - 1
  }
  return v
}
function unicode(   v, w) {
  v = hex4()
  if (v >= 55296 && v < 56320 && letter[b[pos]] letter[b[pos + 1]] == "\\u") {
    pos += 2; w = hex4()
    v = 65536 + (v - 55296) * 1024 + w - 56320
  }
  if (v < 128) { add(sprintf("%02x", v)); return }
  if (v < 2048) add(sprintf("%02x", 192 + int(v / 64)))
  else {
    if (v < 65536) add(sprintf("%02x", 224 + int(v / 4096)))
    else { add(sprintf("%02x", 240 + int(v / 262144))); add(sprintf("%02x", 128 + int(v / 4096) % 64)) }
    add(sprintf("%02x", 128 + int(v / 64) % 64))
  }
  add(sprintf("%02x", 128 + v % 64))
}
'

# Sets text to the bytes of a hex value.
hex_to_text() {
  local hex=$1 escaped=''
  while [ -n "$hex" ]; do
    escaped=$escaped\\x${hex:0:2}
    hex=${hex:2}
  done
  text=''
  [ -z "$escaped" ] || printf -v text '%b' "$escaped"
}

# Reads a payload (hex) into field_<name> and kind_<name>; false, with why in field_error, when it is no JSON object.
read_payload() {
  local name kind value fields
  for name in id action delay_sec reason ttl_sec issued_at outage epoch seq station dry_run sig \
    on_battery soc runtime_sec deadman_sec at online boot armed phase state; do
    assign "field_$name" ''
    assign "kind_$name" ''
  done
  field_error='nothing could be read'
  # No process substitution: bash 5 keeps a table of half a megabyte for the ends of those.
  fields=$(printf '%s' "$1" | fold -w 2 | awk "$JSON_READER")
  while read -r name kind value; do
    [ -n "$name" ] || continue
    field_error=
    if [ "$name" = bad ]; then field_error="$kind $value"; return 1; fi
    case "$kind" in text | odd) hex_to_text "$value"; value=$text ;; esac
    assign "field_$name" "$value"
    assign "kind_$name" "$kind"
  done <<EOT
$fields
EOT
  [ -z "$field_error" ]
}
