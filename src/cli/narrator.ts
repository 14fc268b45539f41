/** The narrator: hears on the broker what anybody could hear there, and tells it; it knows nothing from inside the server. */
import type { z } from "zod";
import { journalSchema } from "../contract/messages/journal.ts";
import { ackSchema, type Plan, planSchema, statusSchema } from "../contract/messages/machine.ts";
import { readingSchema } from "../contract/messages/station.ts";
import type { Topic } from "../contract/topics/topic.ts";
import { filterOf, matchTopic, type Topics } from "../contract/topics.ts";
import type { AckPhase } from "../core/ack.ts";
import { type Client, connectClient, jsonOf } from "../io/client.ts";
import { clockText, type Story } from "./story.ts";

const phases: Record<AckPhase, string> = {
  received: "acknowledges the command",
  delay: "waits out its delay; nothing is touched yet",
  pre_shutdown: "stops its services",
  shutting_down: "shuts its operating system down: the point of no return",
  aborted: "acknowledges the abort: it stays up, everything as it was",
  too_late: "answers that it is too late: it goes on going down",
  refused: "refuses",
  expired: "answers that the command has expired",
  failed: "answers that its shutdown command failed",
  shed: "has shed its load",
  restored: "has restored its load",
  pong: "answers the ping",
};

export class Narrator {
  readonly #story: Story;
  readonly #topics: Topics;
  readonly #plans = new Map<string, Plan>();
  readonly #online = new Map<string, boolean>();
  /** The newest reading of each station. */
  readonly #readings = new Map<string, Reading>();
  #client: Client | null = null;

  constructor(story: Story, topics: Topics) {
    this.#story = story;
    this.#topics = topics;
  }

  async start(url: string): Promise<void> {
    this.#client = await connectClient({
      url,
      clientId: "narrator",
      heard: (topic, payload) => this.#hear(topic, payload),
    });
    const { events, ack, status, plan, state } = this.#topics;
    await this.#client.subscribe([events, ack, status, plan, state].map((topic) => filterOf(topic)));
  }

  async stop(): Promise<void> {
    await this.#client?.close();
  }

  /** The newest plan of each machine. */
  states(): Map<string, Plan["state"]> {
    return new Map([...this.#plans].map(([machine, { state }]) => [machine, state]));
  }

  /** Where things stand, in one line: the stations, and each machine that is not only watched. */
  standing(): string {
    if (this.#readings.size === 0) return "no reading yet";
    const stations = [...this.#readings.values()].map(
      ({ device, soc, grid }) => `${device} ${percentText(soc)}, mains ${grid}`,
    );
    const machines = [...this.#plans].flatMap(([machine, { state, deadline_sec: left }]) => {
      if (state === "watching") return [];
      return [`${machine} ${state.replace("_", " ")}${left === null ? "" : ` ${clockText(left)}`}`];
    });
    return [...stations, ...machines].join(" | ");
  }

  #hear(name: string, payload: Uint8Array) {
    const { events, ack, status, plan, state } = this.#topics;
    const message = jsonOf(payload);
    if (matchTopic(events, name)) return this.#event(message);
    const machine = (topic: Topic<unknown>) => matchTopic(topic, name)?.["machine"];
    if (machine(status) === "orchestrator") return;
    const [acking, speaking, planned] = [machine(ack), machine(status), machine(plan)];
    if (acking !== undefined) this.#ack(acking, message);
    else if (speaking !== undefined) this.#presence(speaking, message);
    else if (planned !== undefined) this.#plan(planned, message);
    else if (matchTopic(state, name)) this.#hearReading(message);
  }

  #hearReading(message: unknown) {
    const reading = readingSchema.safeParse(message).data;
    if (!reading) return;
    const before = this.#readings.get(reading.device);
    this.#readings.set(reading.device, reading);
    if (isKnown(reading) && !(before && isKnown(before)))
      this.#story.say("server", `${knownText(reading)}; from ${reading.source}`, "server");
  }

  #event(message: unknown) {
    const entry = journalSchema.safeParse(message).data;
    if (entry) this.#story.say("server", entry.text, entry.level === "alarm" ? "bad" : "server");
  }

  #ack(machine: string, message: unknown) {
    const ack = ackSchema.safeParse(message).data;
    if (!ack) return;
    const reason = ack.reason === undefined ? "" : `: ${ack.reason}`;
    this.#story.say(machine, phases[ack.phase] + reason, "machine");
  }

  #presence(machine: string, message: unknown) {
    const status = statusSchema.safeParse(message).data;
    if (!status || this.#online.get(machine) === status.online) return;
    this.#online.set(machine, status.online);
    const gone =
      status.reason === "command"
        ? "is gone: it said goodbye"
        : "is gone: the broker publishes its Last Will";
    const text = status.online
      ? `is here (${status.platform ?? "unknown"}, ${status.armed ? "armed" : "dry run"})`
      : gone;
    this.#story.say(machine, text, "machine");
  }

  #plan(machine: string, message: unknown) {
    const plan = planSchema.safeParse(message).data;
    if (plan) this.#plans.set(machine, plan);
  }
}

type Reading = z.output<typeof readingSchema>;

/** Charge and mains are known. */
const isKnown = ({ soc, grid }: Reading) => soc !== null && grid !== "unknown";

const knownText = ({ device, model, soc, grid, grid_basis: basis, ac_out_watts: watts }: Reading) =>
  `knows ${device} (${model ?? "unknown model"}): ${percentText(soc)}, mains ${grid} by ${basis}, ${wattsText(watts)} out`;

const percentText = (value: number | null) => (value === null ? "? %" : `${Math.round(value * 10) / 10} %`);
const wattsText = (value: number | null) => (value === null ? "? W" : `${Math.round(value)} W`);
