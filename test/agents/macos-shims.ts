/** A PATH with only the tools of macOS: each refuses (exit 64) an option that its macOS manual does not have. */
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Options by the manuals of macOS 14 (man.freebsd.org and developer.apple.com hold the same pages), as in getopt:
 * a colon follows a letter that takes a value. `setsid`, `flock`, `timeout`, `sha256sum` and the like are not there.
 */
const tools: Readonly<Record<string, string>> = {
  awk: "f:F:v:",
  cat: "belnstuv",
  chmod: "CEHILNPRVafhinv",
  cmp: "bhilnsxz",
  cp: "HLPRXacfinpSsv",
  cut: "b:c:d:f:nsw",
  date: "f:Ijnr:RuUv:z:",
  dd: "",
  dirname: "",
  fold: "bsw:",
  grep: "A:B:C:EFGHILMNOPRSUVXZabcd:e:f:hiLlm:nopqrsuvwxyz",
  head: "c:n:qv",
  id: "AFGMPapgnru",
  kill: "ls:",
  ls: "@%ABCFGHILOPRSTUWXabcdefghiklmnopqrstuvwxy1,D:",
  mkdir: "m:pv",
  mkfifo: "m:",
  mktemp: "dqt:u",
  mv: "fhinv",
  od: "A:BDFHILOXabcdefhij:lN:ost:vx",
  openssl: "*",
  ps: "AaCcdEefG:g:hjkLlMmO:o:p:rSTt:U:u:vwXx",
  rm: "dfIiPRrvWx",
  rmdir: "pv",
  route: "dnqtv",
  sed: "EI:ae:f:i:lnrsu",
  sleep: "",
  stat: "FLnqf:lrst:x",
  tail: "F:b:c:fn:qr",
  tr: "Ccdsu",
  uname: "amnoprsv",
  wc: "clmw",
};

/** Programs that macOS lacks, or that come from Homebrew unchanged. */
const asTheyAre = ["mosquitto_sub", "mosquitto_pub"];

let folder: string | null = null;

/** Makes the folder once per test process; it is the whole PATH. */
export function makeMacosShims(): string {
  if (folder !== null) return folder;
  const made = mkdtempSync(join(tmpdir(), "ecoflow-power-macos-"));
  folder = made;
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  for (const [name, options] of Object.entries(tools)) {
    const real = find(name);
    if (real !== null) write(made, name, shim(name, real, options));
  }
  for (const name of asTheyAre) {
    const real = find(name);
    if (real !== null) symlinkSync(real, join(made, name));
  }
  write(made, "sysctl", sysctl);
  for (const name of ["pmset", "launchctl", "fdesetup"]) {
    write(
      made,
      name,
      `#!/bin/bash\n# ecoflow-power recorder\necho "${name} $*" >>"\${SHIM_RECORD:-/dev/null}"\n`,
    );
  }
  return made;
}

function write(where: string, name: string, text: string): void {
  writeFileSync(join(where, name), text);
  chmodSync(join(where, name), 0o755);
}

function find(name: string): string | null {
  const places = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"].map(
    (place) => `${place}/${name}`,
  );
  return places.find((path) => existsSync(path)) ?? null;
}

/** `date -v` is BSD's; SHIM_DATE_OFFSET (seconds) sets this machine's clock wrong. */
const dateLines = `
offset=\${SHIM_DATE_OFFSET:-0}
[ "$offset" != 0 ] || [ "$1" = -v ] || exec REAL "$@"
if [ "$1" = -v ]; then by=\${2#+}; offset=$((offset + \${by%S})); shift 2; fi
exec REAL -d "@$(($(REAL +%s) + offset))" "$@"
`;

/** Plain sh, because it starts in a millisecond and wraps each call of a tool. */
const shim = (name: string, real: string, options: string): string => `#!/bin/sh
value=
for word in "$@"; do
  if [ -n "$value" ]; then value=; continue; fi
  case "$word" in
    --) break ;;
    --*) echo "${name}: $word: macOS does not know it" >&2; exit 64 ;;
    -?*) letters=\${word#-} ;;
    *) break ;;
  esac
  [ '${options}' != '*' ] || break
  while [ -n "$letters" ]; do
    rest=\${letters#?}; letter=\${letters%"$rest"}; letters=$rest
    case '${options}' in
      *"$letter:"*) [ -n "$letters" ] || value=next; letters= ;;
      *"$letter"*) ;;
      *) echo "${name}: -$letter: macOS does not know it" >&2; exit 64 ;;
    esac
  done
done
${name === "date" ? dateLines.replaceAll("REAL", real) : `exec ${real} "$@"`}
`;

/** SHIM_CLOCK names a folder with `ahead` (seconds that uptime runs ahead) and `boot` (another boot id). */
const sysctl = `#!/bin/bash
case "$*" in
  '-n kern.boottime')
    read -r up _ </proc/uptime
    ahead=0
    [ -z "$SHIM_CLOCK" ] || [ ! -e "$SHIM_CLOCK/ahead" ] || read -r ahead <"$SHIM_CLOCK/ahead"
    echo "{ sec = $(($(/bin/date +%s) + \${SHIM_DATE_OFFSET:-0} - \${up%.*} - ahead)), usec = 0 } Mon Nov 23 06:00:00 2026" ;;
  '-n kern.bootsessionuuid')
    if [ -n "$SHIM_CLOCK" ] && [ -e "$SHIM_CLOCK/boot" ]; then cat "$SHIM_CLOCK/boot"; else cat /proc/sys/kernel/random/boot_id; fi ;;
  *) echo "sysctl: $*: macOS does not know it" >&2; exit 64 ;;
esac
`;
