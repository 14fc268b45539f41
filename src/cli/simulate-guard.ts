/** Refuses to simulate a station that exists, or one whose machines would obey (S32). */
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Config } from "../config/config.ts";
import { statusSchema } from "../contract/messages/machine.ts";
import { filterOf, matchTopic, type Topics, topicFor } from "../contract/topics.ts";
import { accountsFile, readAccounts } from "../io/accounts-file.ts";
import { type ClientOptions, connectClient, jsonOf } from "../io/client.ts";
import { cloudSources } from "./accounts.ts";
import type { CommandIo } from "./command.ts";

/** For commands that play a station. */
export const realOption = {
  about: "also for a station that exists or whose machines would obey; asks you to type its name",
} as const;

/** The station as the configuration knows it. */
export interface Played {
  id: string;
  /** Its id, name and serial: whatever a message may call it. */
  words: ReadonlySet<string>;
  serial: string | null;
  /** The machines that it feeds. */
  machines: readonly string[];
}

/** Returns why a source of the configuration reads this station, or would, one sentence each: by its settings or by the account's last list on disk. */
export function accountObjections(config: Config, words: ReadonlySet<string>): string[] {
  const selected = cloudSources(config).flatMap(({ name, devices }) =>
    (devices ?? [])
      .filter((device) => words.has(device))
      .map((device) => `the source ${name} of the configuration reads ${device}: it exists`),
  );
  const kept = Object.values(readAccounts(join(config.stateDir, accountsFile)));
  const listed = kept
    .flatMap(({ stations }) => stations)
    .filter(({ serial, name }) => words.has(serial) || (name !== null && words.has(name)))
    .map(
      ({ serial, name }) => `${name ?? serial} is the station ${serial} of your EcoFlow account: it exists`,
    );
  return [...new Set([...selected, ...listed])];
}

/** Listens until `listened` resolves; returns why this station must not be simulated, one sentence each; empty when it may. */
export async function objections(
  played: Played,
  topics: Topics,
  broker: ClientOptions,
  listened: () => Promise<void>,
): Promise<string[]> {
  const found = new Set<string>();
  if (played.serial !== null) found.add(`${played.id} has a serial number (${played.serial}): it exists`);
  const client = await connectClient({
    ...broker,
    clientId: `${broker.clientId}-guard`,
    heard: (name, payload) => {
      const reason = objectionTo(played, topics, name, payload);
      if (reason) found.add(reason);
    },
  });
  try {
    const statuses = played.machines.map((machine) => topicFor(topics.status, { machine }));
    await client.subscribe([filterOf(topics.data), filterOf(topics.state), ...statuses]);
    await listened();
    return [...found];
  } finally {
    await client.close();
  }
}

/** Returns why a message forbids to simulate the station, or null. A retained reading of a server counts too: that server served it. */
export function objectionTo(
  played: Played,
  topics: Topics,
  name: string,
  payload: Uint8Array,
): string | null {
  const serial = matchTopic(topics.data, name)?.["serial"];
  if (serial !== undefined) {
    return played.words.has(serial) ? `raw frames of ${serial} come in: a source serves it` : null;
  }
  const message = jsonOf(payload);
  const station = matchTopic(topics.state, name)?.["station"];
  if (station !== undefined) return servedBy(played, station, message);
  const machine = matchTopic(topics.status, name)?.["machine"];
  const status = statusSchema.safeParse(message).data;
  if (machine === undefined || !played.machines.includes(machine)) return null;
  return status?.online && status.armed ? `the agent of ${machine} is online and armed: it would obey` : null;
}

function servedBy(played: Played, station: string, message: unknown): string | null {
  const { device, origin } = (message ?? {}) as { device?: unknown; origin?: unknown };
  const named = typeof device === "string" ? device : station;
  if (!played.words.has(named) && !played.words.has(station)) return null;
  const who = typeof origin === "string" ? `the server ${origin}` : "another program";
  return `${who} publishes readings of ${named}: a source serves it`;
}

/** Prints the objections; true when there are none, or when `real` is set and the station's name was typed at a terminal. */
export async function allowed(
  reasons: readonly string[],
  played: Played,
  real: boolean,
  io: CommandIo,
): Promise<boolean> {
  if (reasons.length === 0) return true;
  for (const reason of reasons) io.err(`${reason}.`);
  if (!real) {
    io.err(
      "Refused: this would shut real machines down. With --real it is done all the same, after a question.",
    );
    return false;
  }
  if (io.stdin.isTTY !== true) {
    io.err("Refused: --real asks you to type the station's name, and there is no terminal to type at.");
    return false;
  }
  io.out(`This shuts down ${played.machines.join(", ")} for real. Type ${played.id} to go on:`);
  const question = createInterface({ input: io.stdin });
  try {
    const typed = await question.question("", { signal: io.stop });
    if (typed.trim() === played.id) return true;
    io.err("Refused: that was not the station's name.");
    return false;
  } finally {
    question.close();
  }
}
