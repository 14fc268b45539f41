/** Recorders: they write what they were called with and when, and stop nothing; their second line marks them (agents/README.md). */
const now =
  process.platform === "linux"
    ? "read now _ </proc/uptime"
    : "now=$(perl -MTime::HiRes -e 'printf \"%.3f\", Time::HiRes::time')";
/** Sets $now to seconds of the clock of `stamp()`. */
export const recorderHead = `#!/bin/sh\n# ecoflow-power recorder\n${now}\n`;

/** Writes its first argument (else "shutdown") and ends with its second, after its third in seconds. */
export const recorderText = (file: string): string =>
  `${recorderHead}echo "$now \${1:-shutdown}" >>${file}\nsleep \${3:-0}\nexit \${2:-0}\n`;
