/**
 * The original's server and Linux agent, as far as they meet ours: tiny emulations of our own, written from the
 * description of what they do (its server: one-line JSON of five fields, QoS 2, not retained; its agent: lines of
 * mosquitto_sub, collected from `{` to `}`, fields fished out by grep). None of their code is in here.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "mqtt";

/** Publishes as the original's policy engine does: no time, no order, no signature, and nobody listens for an answer. */
export async function originalServerSays(
  port: number,
  agent: string,
  command: { id: string; action: "shutdown" | "abort"; delay_sec: number; reason: string; ttl_sec: number },
): Promise<void> {
  const client = connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
  });
  await client.publishAsync(`power-manager/${agent}/cmd`, JSON.stringify(command), { qos: 2, retain: false });
  await client.endAsync();
}

/** One command as that agent understood it. */
export interface Understood {
  action: string;
  reason: string;
}

/** A listener that collects lines into a message and greps two fields out of it; it answers nothing. */
const listener = `
collected=
mosquitto_sub -h 127.0.0.1 -p "$PORT" -t "power-manager/$AGENT/cmd" | while read -r line; do
  case $line in "{"*) collected= ;; esac
  collected="$collected$line"
  case $line in *"}") ;; *) continue ;; esac
  action=$(echo "$collected" | grep -o '"action"[ ]*:[ ]*"[^"]*"' | grep -o '[^"]*"$' | tr -d '"')
  reason=$(echo "$collected" | grep -o '"reason"[ ]*:[ ]*"[^"]*"' | grep -o '[^"]*"$' | tr -d '"')
  echo "$action|$reason" >>"$RECORD"
  collected=
done
`;

/** Starts the emulated agent of the original in `folder`; `end` stops it. */
export function startOriginalAgent(port: number, agent: string, folder: string) {
  const script = join(folder, "listener.sh");
  const record = join(folder, "understood");
  writeFileSync(script, listener);
  writeFileSync(record, "");
  const child: ChildProcess = spawn("bash", [script], {
    env: { PATH: process.env["PATH"] ?? "", PORT: String(port), AGENT: agent, RECORD: record },
    stdio: "ignore",
    detached: true,
  });
  return {
    understood: (): Understood[] =>
      readFileSync(record, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => {
          const [action = "", ...reason] = line.split("|");
          return { action, reason: reason.join("|") };
        }),
    /** Its own process group, and nothing else. */
    end: () => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    },
  };
}
