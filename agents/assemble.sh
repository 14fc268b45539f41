#!/bin/bash
# Puts each platform's one script together from its own parts and the common ones: agents/assemble.sh [folder]
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here}
common="start lines runnable settings json sign wire state shutdown commands main proof doctor install"
for platform in linux macos; do
  mkdir -p "$target/$platform"
  script=$target/$platform/shutdown-listener.sh
  {
    printf '#!/bin/bash\n# Generated: assembled from agents/common and agents/%s by agents/assemble.sh. Edit there, not here.\n' "$platform"
    sed -n '1d;/^#/!q;p' "$here/$platform/platform.sh"
    printf '\n'
    sed '1,/^$/d' "$here/$platform/platform.sh"
    for part in $common; do
      printf '\n'
      cat "$here/common/$part.sh"
    done
    printf '\n'
    cat "$here/$platform/service.sh"
    printf '\n'
    cat "$here/common/end.sh"
  } >"$script"
  chmod 755 "$script"
done
