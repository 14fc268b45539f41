# ---------------------------------------------------------------- signatures
# HMAC-SHA256 as two SHA-256 over standard input: `openssl dgst -hmac KEY` would show the key to every user of the
# machine. The two padded keys are computed once, as octal escapes for printf.

sha256() { openssl dgst -sha256 -r | cut -c 1-64; }

prepare_key() {
  local hex i byte inner outer
  [ -n "$AGENT_KEY" ] || return 0
  hex=$(printf '%s' "$AGENT_KEY" | od -An -v -tx1 | tr -d ' \n')
  [ ${#hex} -le 128 ] || hex=$(printf '%s' "$AGENT_KEY" | sha256)
  inner_pad='' outer_pad=
  for ((i = 0; i < 64; i++)); do
    byte=${hex:i*2:2}
    byte=$((16#${byte:-0}))
    printf -v inner '\\%03o' $((byte ^ 0x36))
    printf -v outer '\\%03o' $((byte ^ 0x5c))
    inner_pad=$inner_pad$inner
    outer_pad=$outer_pad$outer
  done
}

# Prints the signature of a text.
# shellcheck disable=SC2059  # the pads consist of octal escapes only
sign() {
  local inner i escaped=
  inner=$({ printf "$inner_pad"; printf '%s' "$1"; } | sha256)
  for ((i = 0; i < 64; i += 2)); do escaped=$escaped\\x${inner:i:2}; done
  { printf "$outer_pad"; printf "$escaped"; } | sha256
}

is_signed() { # text
  [ -n "$field_sig" ] && [ "$field_sig" = "$(sign "$1")" ]
}
