/** `ecoflow-power send`: one command by hand, and what the agent answers, phase by phase. */
import type { Config } from "../config/config.ts";
import { nearest } from "../config/suggest.ts";
import {
  type Ack,
  type Command as AgentCommand,
  ackSchema,
  statusSchema,
} from "../contract/messages/machine.ts";
import { isLeaseFor, orchestratorSchema } from "../contract/messages/server.ts";
import { ackText, commandText } from "../contract/signatures.ts";
import type { Topic } from "../contract/topics/topic.ts";
import { makeTopics, topicFor } from "../contract/topics.ts";
import { type Client, connectClient, jsonOf } from "../io/client.ts";
import { isAuthentic, sign } from "../io/secrets.ts";
import { type CommandIo, defineCommand, type Given, WrongUsage } from "./command.ts";
import { configOption, configured } from "./configured.ts";
import { brokerFor } from "./reach.ts";
import { aborted, endingWith } from "./waiting.ts";

const options = {
  "dry-run": { about: "a rehearsal: everything but the shutdown itself" },
  delay: {
    value: "SEC",
    about: "how long the agent waits before it touches anything; the configured delay unless given",
  },
  wait: {
    value: "SEC",
    about: "how long to wait for the answer; the delay and the configured stop time unless given",
  },
  config: configOption,
} as const;

type Action = "ping" | "shutdown" | "abort";

interface Wanted {
  machine: string;
  action: Action;
  dryRun: boolean;
  delaySec: number | null;
  waitSec: number | null;
}

/** The phases that end a command: done, or not done. */
const endings: Readonly<Record<Action, { done: readonly Ack["phase"][]; failed: readonly Ack["phase"][] }>> =
  {
    ping: { done: ["pong"], failed: ["refused", "expired"] },
    shutdown: { done: ["shutting_down"], failed: ["refused", "expired", "failed", "aborted"] },
    abort: { done: ["aborted"], failed: ["refused", "expired", "too_late"] },
  };

export const sendCommand = defineCommand(
  {
    name: "send",
    summary: "one command to an agent by hand, and what it answers",
    usage: ["<machine> ping|shutdown|abort [--dry-run] [--delay SEC] [--wait SEC] [--config FILE]"],
    about: "Sends one command to an agent and prints each phase that it acknowledges.",
    words: { "<machine>": "a machine of the configuration", ACTION: "ping, shutdown or abort" },
    options,
    examples: ["nas ping", "nas shutdown --dry-run"],
    more: "Exit code 0 when the agent did what it was asked, 1 when it did not or nobody answered.",
  },
  async (given, io) => {
    const wanted = understood(given);
    const config = configured(given.values.config, io);
    if (config === null) return 1;
    const known = Object.keys(config.machines);
    if (known.includes(wanted.machine)) return send(wanted, config, io);
    const near = nearest(wanted.machine, known);
    const remedy =
      near === null
        ? `it has ${known.join(", ") || "none"}. Write the machine's name as it is there.`
        : `did you mean ${near}?`;
    io.err(`There is no machine "${wanted.machine}" in the configuration; ${remedy}`);
    return 1;
  },
);

/** What is wanted; throws `WrongUsage` when it cannot be understood. */
function understood({ values, words }: Given<typeof options>): Wanted {
  const [machine, action, more] = words;
  if (!machine || !action || more) throw new WrongUsage("send wants a machine, and ping, shutdown or abort.");
  if (!(action in endings)) throw new WrongUsage(`send knows ping, shutdown and abort, not "${action}".`);
  const [delaySec, waitSec] = [secondsOf(values.delay), secondsOf(values.wait)];
  for (const [name, given] of [
    ["--delay", values.delay],
    ["--wait", values.wait],
  ] as const)
    if (Number.isNaN(secondsOf(given)))
      throw new WrongUsage(
        `${name} "${given}" is no number of whole seconds: write 90 for a minute and a half.`,
      );
  return { machine, action: action as Action, dryRun: values["dry-run"], delaySec, waitSec };
}

const secondsOf = (text: string | undefined) =>
  text === undefined ? null : /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;

/** What the broker retained, and what the agent answers. */
interface Ear {
  epoch: number;
  /** The agent ever published `status`: it can acknowledge, and rehearse (S30). */
  seen: boolean;
  online: boolean;
  answer: (ack: Ack) => void;
  /** An answer whose signature does not verify. */
  distrust: (ack: Ack) => void;
}

async function send(wanted: Wanted, config: Config, io: CommandIo): Promise<number> {
  const topics = makeTopics(config.base, "hand");
  const params = { machine: wanted.machine };
  const ear: Ear = { epoch: 0, seen: false, online: false, answer: () => {}, distrust: () => {} };
  const key = config.machines[wanted.machine]?.key ?? null;
  const heard = (topic: string, payload: Uint8Array) => {
    const message = jsonOf(payload);
    if (topic === topicFor(topics.orchestrator, {}))
      ear.epoch = epochOf(message, wanted.machine) ?? ear.epoch;
    if (topic === topicFor(topics.status, params)) {
      const status = statusSchema.safeParse(message).data;
      ear.seen ||= status !== undefined;
      ear.online = status?.online ?? ear.online;
    }
    const ack = topic === topicFor(topics.ack, params) ? ackSchema.safeParse(message).data : undefined;
    if (ack === undefined) return;
    if (isAuthentic(key, ackText(wanted.machine, ack), ack.sig)) ear.answer(ack);
    else ear.distrust(ack);
  };
  const client = await connectClient({ ...brokerFor(config, "send"), heard });
  try {
    const filters: Topic<unknown>[] = [topics.orchestrator, topics.status, topics.ack];
    await client.subscribe(filters.map((topic) => topicFor(topic, params)));
    // The broker delivers retained messages before it acknowledges this, so afterwards all of them are known.
    await client.publish("ecoflow-power/hand/settled", "");
    if (!ear.seen && wanted.dryRun) {
      io.err(
        `${wanted.machine} has no agent that can rehearse: nobody ever published its status. ${startIt(wanted.machine)}`,
      );
      return 1;
    }
    if (!ear.online) io.out(`${wanted.machine} is not online by its last status; sending all the same.`);
    return await commandAndWait(wanted, config, ear, client, topicFor(topics.command, params), io);
  } finally {
    await client.close();
  }
}

/** Returns the epoch of a lease of the machine's server; null for that of another server, which has epochs of its own. */
function epochOf(message: unknown, machine: string): number | null {
  const lease = orchestratorSchema.safeParse(message).data;
  return lease && isLeaseFor(lease, [machine]) ? lease.epoch : null;
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
  let doubt: string | null = null;
  ear.distrust = (ack) => {
    if (ack.id === first.id) doubt = doubtOf(wanted.machine, ack);
  };
  const answered = endingWith([io.stop], waitSec);
  let code: number | null = null;
  let isHeard = false;
  const take = answersTo(wanted, first.id, io, (ended) => {
    code = ended;
    answered.end();
  });
  let isAgain = false;
  ear.answer = (ack) => {
    isHeard ||= ack.id === first.id;
    if (isAgain || ack.id !== first.id || ack.phase !== "refused" || !ack.last) return take(ack);
    // The agent knows a newer command, because the server lost its state: send once more with a higher number (R7).
    isAgain = true;
    void publish({ ...first, epoch: ack.last.epoch, seq: ack.last.seq + 1 });
  };
  await publish(first);
  io.out(`sent ${wanted.action}${wanted.dryRun ? " (rehearsal)" : ""} to ${wanted.machine}, id ${first.id}`);
  await aborted(answered.signal);
  if (code === null) io.err(`${wanted.machine} did not finish within ${waitSec} s: sent is not done.`);
  if (code === null && doubt !== null) io.err(doubt);
  else if (code === null && !isHeard) io.err(`Nobody answered. ${startIt(wanted.machine)}`);
  return code ?? 1;
}

const startIt = (machine: string) =>
  `Start the agent there, with AGENT_ID=${machine} and this broker; its doctor says what is missing.`;

/** Why an answer does not count. */
const doubtOf = (machine: string, { sig, phase }: Ack) =>
  sig === undefined
    ? `${machine} answered "${phase}" without a signature: set AGENT_KEY there to machines.${machine}.key of this server.`
    : `${machine} answered "${phase}" with another key: AGENT_KEY there and machines.${machine}.key here must be the same text.`;

/** Prints what the agent answers, and ends with the exit code when it is known. */
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

/** Makes a command that is numbered above those of the server in this epoch; the server hears it and raises its epoch, so that its next command is newer (R7). */
function commandOf(
  { machine, action, dryRun, delaySec }: Wanted,
  config: Config,
  epoch: number,
): AgentCommand {
  const now = Date.now();
  return {
    // The policy recognizes commands by hand by this prefix (core/policy/inputs.ts).
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
