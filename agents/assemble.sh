#!/bin/bash
# Puts each platform's one script together from its platform.sh and the common parts: agents/assemble.sh [folder]
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here}
for platform in linux macos; do
  mkdir -p "$target/$platform"
  {
    sed -n '/^#/!q;p' "$here/$platform/platform.sh"
    printf '# Put together by agents/assemble.sh; change the parts, not this file.\n'
    sed '1,/^$/d' "$here/$platform/platform.sh" | sed '1s/^/\n/'
    for part in start settings json sign wire state shutdown commands main; do
      printf '\n'
      cat "$here/common/$part.sh"
    done
  } >"$target/$platform/shutdown-listener.sh"
  chmod 755 "$target/$platform/shutdown-listener.sh"
done
