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
  #reading: z.output<typeof readingSchema> | null = null;
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

  /** Where things stand, in one line. */
  standing(): string {
    const reading = this.#reading;
    const station = reading
      ? `${reading.device} ${percentText(reading.soc)}, mains ${reading.grid}, ${wattsText(reading.ac_out_watts)}`
      : "no reading yet";
    const machines = [...this.#plans].map(([machine, { state, deadline_sec: left }]) => {
      const soon = left === null ? "" : ` ${clockText(left)}`;
      return `${machine} ${state.replace("_", " ")}${soon}`;
    });
    return [station, ...machines].join(" | ");
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
    else if (matchTopic(state, name)) this.#reading = readingSchema.safeParse(message).data ?? this.#reading;
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
    const text = status.online
      ? `is here (${status.platform ?? "unknown"}, ${status.armed ? "armed" : "dry run"})`
      : "is gone: the broker speaks its Last Will";
    this.#story.say(machine, text, "machine");
  }

  #plan(machine: string, message: unknown) {
    const plan = planSchema.safeParse(message).data;
    if (plan) this.#plans.set(machine, plan);
  }
}

const percentText = (value: number | null) => (value === null ? "? %" : `${Math.round(value * 10) / 10} %`);
const wattsText = (value: number | null) => (value === null ? "? W" : `${Math.round(value)} W`);
