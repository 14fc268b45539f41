/** Each message in and out as a line of the log at LOG_LEVEL=debug. */
import type { Log } from "./log.ts";
import type { Session } from "./mqtt-link.ts";

/** Longer payloads are cut in the log. */
const mostCharacters = 1_000;

/** Logs a message that came from the broker. */
export function traceIn(log: Log, name: string, bytes: Buffer, retained: boolean): void {
  if (log.isDebug) log.debug(`in  ${shown(name, bytes)}${retained ? " (retained)" : ""}`);
}

/** Returns the session, which logs what it publishes. */
export function traced(session: Session, log: Log): Session {
  if (!log.isDebug) return session;
  return {
    ...session,
    publish(name, bytes, retain) {
      log.debug(`out ${shown(name, bytes)}${retain ? " (retained)" : ""}`);
      return session.publish(name, bytes, retain);
    },
  };
}

/** JSON as it is, a raw frame as its length and first bytes. */
function shown(name: string, bytes: Buffer): string {
  const isJson = bytes.length === 0 || bytes[0] === 0x7b || bytes[0] === 0x5b;
  const text = isJson
    ? bytes.toString("utf8", 0, mostCharacters) + (bytes.length > mostCharacters ? " …" : "")
    : `${bytes.length} bytes, ${bytes.subarray(0, 16).toString("hex")}${bytes.length > 16 ? "…" : ""}`;
  return `${name} ${text === "" ? "nothing" : text}`.replaceAll(/[\p{Cc}\p{Cs}]/gu, "?");
}
