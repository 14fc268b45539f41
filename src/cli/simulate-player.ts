/** Plays a scenario on a broker: says the station's states and hears what the server answers. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Command as AgentCommand, commandSchema, journalSchema } from "../contract/messages.ts";
import { filterOf, matchTopic, type Topics, topicFor } from "../contract/topics.ts";
import { type Client, type ClientOptions, connectClient, jsonOf } from "../io/client.ts";
import { type Phase, type Scenario, sayEverySec, socAt } from "../sim/scenario.ts";
import type { CommandIo } from "./command.ts";
import type { Played } from "./simulate-guard.ts";
import { Story } from "./story.ts";

/** One run of one scenario; building it does nothing. */
export class Player {
  readonly #story: Story;
  readonly #topics: Topics;
  readonly #played: Played;
  readonly #machines: readonly string[];
  readonly #stopSignal: AbortSignal;
  readonly #beganAt = performance.now();
  /** Commands heard, by action. */
  readonly #told = { shutdown: new Set<string>(), abort: new Set<string>() };
  #wake = () => {};
  #client: Client | null = null;

  constructor(io: CommandIo, topics: Topics, played: Played, machines: readonly string[]) {
    this.#story = new Story(io, () => this.#sec());
    this.#topics = topics;
    this.#played = played;
    this.#machines = machines;
    this.#stopSignal = io.stop;
  }

  async start(broker: ClientOptions): Promise<void> {
    this.#client = await connectClient({
      ...broker,
      heard: (topic, payload, retained) => this.#hear(topic, payload, retained),
    });
    await this.#client.subscribe([filterOf(this.#topics.command), filterOf(this.#topics.events)]);
  }

  async stop(): Promise<void> {
    await this.#client?.close();
  }

  async play({ phases, never }: Scenario): Promise<number> {
    for (const phase of phases) {
      this.#story.say("station", phase.say, "world");
      await this.#sustain(phase);
      if (this.#stopSignal.aborted) return this.#end("Ended before the scenario was over.", 1);
      const missing = phase.until ? this.#missing(phase.until) : [];
      if (missing.length > 0) {
        return this.#end(`No ${phase.until} for ${missing.join(", ")} within ${Math.round(phase.sec)} s.`, 1);
      }
    }
    if (never && this.#told[never].size > 0) {
      return this.#end(`${[...this.#told[never]].join(", ")} heard a ${never}, and none was due.`, 1);
    }
    const what = never ? `nobody heard a ${never}` : `shutdown and abort for ${this.#machines.join(", ")}`;
    return this.#end(`As it should be: ${what}.`, 0);
  }

  /** Says the phase's state again and again until its time is over or its answer came. */
  async #sustain(phase: Phase): Promise<void> {
    const began = this.#sec();
    for (;;) {
      const passed = this.#sec() - began;
      const answered = phase.until !== undefined && this.#missing(phase.until).length === 0;
      if (answered || passed >= phase.sec || this.#stopSignal.aborted) return;
      await this.#say(phase, passed);
      await this.#pause(Math.min(sayEverySec, phase.sec - passed));
    }
  }

  async #say(phase: Phase, passedSec: number): Promise<void> {
    const soc = socAt(phase, passedSec);
    const waits = phase.until ? `, waiting for the ${phase.until}` : "";
    this.#story.progress(
      `${soc === null ? "silent" : `${soc} %`}, mains ${phase.grid ? "present" : "lost"}${waits}`,
    );
    if (soc === null) return;
    const { id } = this.#played;
    const state = { device: id, soc, grid_connected: phase.grid };
    await this.#client?.publish(topicFor(this.#topics.state, { station: id }), JSON.stringify(state));
  }

  /** Ends early when something was heard. */
  async #pause(sec: number): Promise<void> {
    const heard = new AbortController();
    this.#wake = () => heard.abort();
    const signal = AbortSignal.any([heard.signal, this.#stopSignal]);
    await sleep(sec * 1_000, undefined, { signal }).catch(() => {});
  }

  #missing(action: "shutdown" | "abort"): string[] {
    return this.#machines.filter((machine) => !this.#told[action].has(machine));
  }

  #hear(topic: string, payload: Uint8Array, retained: boolean) {
    if (retained) return;
    const machine = matchTopic(this.#topics.command, topic)?.["machine"];
    const message: unknown = jsonOf(payload);
    if (machine !== undefined) return this.#hearCommand(machine, commandSchema.safeParse(message).data);
    const entry = journalSchema.safeParse(message).data;
    if (entry) this.#story.say("server", entry.text, entry.level === "alarm" ? "bad" : "server");
  }

  #hearCommand(machine: string, command: AgentCommand | undefined) {
    if (!command || !this.#played.machines.includes(machine)) return;
    const { action, delay_sec: delay, reason } = command;
    this.#story.say(machine, `hears: ${action}, delay ${delay} s${reason && `: ${reason}`}`, "machine");
    if (action === "shutdown" || action === "abort") this.#told[action].add(machine);
    this.#wake();
  }

  #end(text: string, code: number): number {
    this.#story.write(`\n${text}`, code === 0 ? "good" : "bad");
    return code;
  }

  #sec(): number {
    return (performance.now() - this.#beganAt) / 1_000;
  }
}
