/** `ecoflow-power send`: one command by hand, and what the agent answers, phase by phase. */
import { parseArgs } from "node:util";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems } from "../config/problems.ts";
import {
  type Ack,
  type Command as AgentCommand,
  ackSchema,
  orchestratorSchema,
  statusSchema,
} from "../contract/messages.ts";
import { ackText, commandText } from "../contract/signatures.ts";
import { makeTopics, type Topic, topicFor } from "../contract/topics.ts";
import { jsonOrNull } from "../core/bounded-json.ts";
import { type Client, connectClient } from "../io/client.ts";
import { sign, verify } from "../io/secrets.ts";
import type { Command, CommandIo } from "./command.ts";
import { brokerFor } from "./reach.ts";

const help = `Usage: ecoflow-power send <machine> ping|shutdown|abort [--dry-run] [--delay SEC] [--wait SEC] [--config FILE]

Sends one command to an agent and tells each phase that it acknowledges.

  --dry-run     a rehearsal: everything but the shutdown itself
  --delay SEC   how long the agent waits before it touches anything; the configured delay unless told
  --wait SEC    how long to wait for the answer; the delay and the configured stop time unless told

Exit code 0 when the agent did what it was asked, 1 when it did not or nobody answered.`;

type Action = "ping" | "shutdown" | "abort";

interface Wanted {
  machine: string;
  action: Action;
  dryRun: boolean;
  delaySec: number | null;
  waitSec: number | null;
  file: string | undefined;
}

/** The words that end a command: done, or not done. */
const endings: Readonly<Record<Action, { done: readonly Ack["phase"][]; failed: readonly Ack["phase"][] }>> =
  {
    ping: { done: ["pong"], failed: ["refused", "expired"] },
    shutdown: { done: ["shutting_down"], failed: ["refused", "expired", "failed", "aborted"] },
    abort: { done: ["aborted"], failed: ["refused", "expired", "too_late"] },
  };

export const sendCommand: Command = async (args, io) => {
  const wanted = understood(args);
  if (wanted === null) {
    io.out(help);
    return 0;
  }
  if (typeof wanted === "string") {
    io.err(wanted);
    return 2;
  }
  const loaded = loadConfig({ cwd: io.cwd, env: io.env, ...(wanted.file && { file: wanted.file }) });
  if (!loaded.ok) {
    io.err(describeProblems(loaded.problems));
    return 1;
  }
  const known = Object.keys(loaded.config.machines);
  if (!known.includes(wanted.machine)) {
    io.err(
      `There is no machine "${wanted.machine}" in the configuration; it has ${known.join(", ") || "none"}.`,
    );
    return 1;
  }
  return send(wanted, loaded.config, io);
};

/** What is wanted; null for help; a sentence when it cannot be understood. */
function understood(args: string[]): Wanted | string | null {
  const options = {
    "dry-run": { type: "boolean" },
    delay: { type: "string" },
    wait: { type: "string" },
    config: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (values.help) return null;
    const [machine, action, more] = positionals;
    if (!machine || !action || more) return help;
    if (!(action in endings)) return `send knows ping, shutdown and abort, not "${action}".`;
    const [delaySec, waitSec] = [secondsOf(values.delay), secondsOf(values.wait)];
    if (Number.isNaN(delaySec) || Number.isNaN(waitSec)) return "--delay and --wait take whole seconds.";
    const dryRun = values["dry-run"] ?? false;
    return { machine, action: action as Action, dryRun, delaySec, waitSec, file: values.config };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const secondsOf = (text: string | undefined) =>
  text === undefined ? null : /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;

/** What the broker had kept, and what the agent says. */
interface Ear {
  epoch: number;
  /** The agent ever published `status`: it can acknowledge, and rehearse (S30). */
  seen: boolean;
  online: boolean;
  answer: (ack: Ack) => void;
}

async function send(wanted: Wanted, config: Config, io: CommandIo): Promise<number> {
  const topics = makeTopics(config.base, "hand");
  const params = { machine: wanted.machine };
  const ear: Ear = { epoch: 0, seen: false, online: false, answer: () => {} };
  const key = config.machines[wanted.machine]?.key ?? null;
  const heard = (topic: string, payload: Uint8Array) => {
    const text = new TextDecoder().decode(payload);
    if (topic === topicFor(topics.orchestrator, {}))
      ear.epoch = parsed(orchestratorSchema, text)?.epoch ?? ear.epoch;
    if (topic === topicFor(topics.status, params)) {
      const status = parsed(statusSchema, text);
      ear.seen ||= status !== null;
      ear.online = status?.online ?? ear.online;
    }
    const ack = topic === topicFor(topics.ack, params) ? parsed(ackSchema, text) : null;
    if (ack && (key === null || verify(key, ackText(wanted.machine, ack), ack.sig))) ear.answer(ack);
  };
  const client = await connectClient({ ...brokerFor(config, "send"), heard });
  try {
    const filters: Topic<unknown>[] = [topics.orchestrator, topics.status, topics.ack];
    await client.subscribe(filters.map((topic) => topicFor(topic, params)));
    // The broker hands over what it kept before it acknowledges this: after it, what is known is known.
    await client.publish("ecoflow-power/hand/settled", "");
    if (!ear.seen && wanted.dryRun) {
      io.err(`${wanted.machine} has no agent that can rehearse: nobody ever published its status.`);
      return 1;
    }
    if (!ear.online) io.out(`${wanted.machine} is not online by its last word; sending all the same.`);
    return await commandAndWait(wanted, config, ear, client, topicFor(topics.command, params), io);
  } finally {
    await client.close();
  }
}

async function commandAndWait(
  wanted: Wanted,
  config: Config,
  ear: Ear,
  client: Client,
  topic: string,
  io: CommandIo,
): Promise<number> {
  const machine = config.machines[wanted.machine];
  const first = commandOf(wanted, config, ear.epoch);
  const key = machine?.key ?? null;
  const publish = (command: AgentCommand) => {
    const sig = key === null ? {} : { sig: sign(key, commandText(wanted.machine, command)) };
    return client.publish(topic, JSON.stringify({ ...command, ...sig }));
  };
  const waitSec =
    wanted.waitSec ?? (wanted.action === "ping" ? 10 : first.delay_sec + (machine?.stopSec ?? 300));
  const answered = new Promise<number | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), waitSec * 1_000);
    const end = (code: number | null) => {
      clearTimeout(timer);
      resolve(code);
    };
    io.stop.addEventListener("abort", () => end(null), { once: true });
    const take = answersTo(wanted, first.id, io, end);
    let isAgain = false;
    ear.answer = (ack) => {
      if (isAgain || ack.id !== first.id || ack.phase !== "refused" || !ack.last) return take(ack);
      // It knows a newer word than we do (a server that lost its memory): once more, above that (R7).
      isAgain = true;
      void publish({ ...first, epoch: ack.last.epoch, seq: ack.last.seq + 1 });
    };
  });
  await publish(first);
  io.out(`sent ${wanted.action}${wanted.dryRun ? " (rehearsal)" : ""} to ${wanted.machine}, id ${first.id}`);
  const code = await answered;
  if (code === null) io.err(`${wanted.machine} did not finish within ${waitSec} s: sent is not done.`);
  return code ?? 1;
}

/** Tells what the agent says to the command, and ends with the exit code when that is known. */
function answersTo({ machine, action }: Wanted, id: string, io: CommandIo, end: (code: number) => void) {
  const { done, failed } = endings[action];
  let taken = false;
  return (ack: Ack): void => {
    if (ack.id === id) {
      taken = true;
      io.out(`${machine}: ${ack.phase}${ack.reason ? ` (${ack.reason})` : ""}`);
      if (done.includes(ack.phase)) end(0);
      if (failed.includes(ack.phase)) end(1);
    } else if (taken && action === "shutdown" && ack.phase === "aborted") {
      // An abort is acknowledged by its own id.
      io.out(`${machine}: aborted by another command (${ack.id})`);
      end(1);
    }
  };
}

/** Ordered above what the server sent in this epoch: its next command finds the way back by the agent's refusal (R7). */
function commandOf(
  { machine, action, dryRun, delaySec }: Wanted,
  config: Config,
  epoch: number,
): AgentCommand {
  const now = Date.now();
  return {
    // The policy knows it by its first word (core/policy/inputs.ts).
    id: `hand-${machine}-${now}`,
    action,
    delay_sec: action === "shutdown" ? (delaySec ?? config.machines[machine]?.delaySec ?? 0) : 0,
    reason: `${action} by hand`,
    ttl_sec: config.policy.ttlSec,
    issued_at: Math.floor(now / 1000),
    epoch,
    seq: now,
    ...(dryRun && { dry_run: true }),
  };
}

function parsed<T>(
  schema: { safeParse(value: unknown): { success: boolean; data?: T } },
  text: string,
): T | null {
  const result = schema.safeParse(jsonOrNull(text));
  return result.success ? (result.data ?? null) : null;
}
