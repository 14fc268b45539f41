/** Plays a scenario on a broker: says the station's states and hears what the server answers. */
import { type Command as AgentCommand, commandSchema, journalSchema } from "../contract/messages.ts";
import { filterOf, matchTopic, type Topics, topicFor } from "../contract/topics.ts";
import { type Client, type ClientOptions, connectClient, jsonOf } from "../io/client.ts";
import type { Clock } from "../io/clock.ts";
import { type Phase, type Scenario, sayEverySec, socAt } from "../sim/scenario.ts";
import type { CommandIo } from "./command.ts";
import type { Played } from "./simulate-guard.ts";
import { Story } from "./story.ts";
import { pause } from "./waiting.ts";

/** A return of the mains is believed after two samples (S10). */
const leavingTimes = 3;
const leavingSec = 1;

export interface PlayerOptions {
  io: CommandIo;
  topics: Topics;
  played: Played;
  /** The machines that must go down with the station. */
  machines: readonly string[];
  clock: Clock;
}

/** One run of one scenario; building it does nothing. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #story: Story;
  readonly #beganAt: number;
  /** Commands heard, by action. */
  readonly #told = { shutdown: new Set<string>(), abort: new Set<string>() };
  #wake = () => {};
  /** As said last, percent. */
  #soc = 90;
  #client: Client | null = null;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#beganAt = options.clock.now();
    this.#story = new Story(options.io, () => this.#sec(), options.played.machines);
  }

  async start(broker: ClientOptions): Promise<void> {
    this.#client = await connectClient({
      ...broker,
      heard: (topic, payload, retained) => this.#hear(topic, payload, retained),
    });
    const { command, events } = this.#options.topics;
    await this.#client.subscribe([filterOf(command), filterOf(events)]);
  }

  async stop(): Promise<void> {
    await this.#client?.close();
  }

  async play(scenario: Scenario): Promise<number> {
    const fault = await this.#faultOf(scenario);
    if (fault !== null) {
      await this.#leave();
      return this.#end(fault, 1);
    }
    const machines = this.#options.machines.join(", ");
    const what = scenario.never
      ? `nobody was told to ${scenario.never}`
      : `shutdown and abort for ${machines}`;
    return this.#end(`As it should be: ${what}.`, 0);
  }

  /** Plays the phases; answers what went otherwise than it should, or null. */
  async #faultOf({ phases, never }: Scenario): Promise<string | null> {
    for (const phase of phases) {
      this.#story.say("station", phase.say, "world");
      await this.#sustain(phase);
      if (this.#options.io.stop.aborted) return "Ended before the scenario was over.";
      const missing = phase.until ? this.#missing(phase.until) : [];
      if (missing.length > 0) {
        return `No ${phase.until} for ${missing.join(", ")} within ${Math.round(phase.sec)} s.`;
      }
    }
    if (never === undefined || this.#told[never].size === 0) return null;
    return `${[...this.#told[never]].join(", ")} was told to ${never}, and nothing was due. (Within wakeAfterSec of another outage the debounce counts as spent: then wait, and try again.)`;
  }

  /** Whatever went wrong, no outage is left behind that the server would go on with: the mains come back. */
  async #leave(): Promise<void> {
    const back: Phase = { say: "", soc: [this.#soc, this.#soc], grid: true, sec: 1 };
    for (let times = 0; times < leavingTimes; times++) {
      await this.#say(back, 0).catch(() => {});
      // Also after Ctrl-C: what was begun is ended, in a few seconds.
      await pause(this.#options.clock, leavingSec);
    }
  }

  /** Says the phase's state again and again until its time is over or its answer came. */
  async #sustain(phase: Phase): Promise<void> {
    const began = this.#sec();
    for (;;) {
      const passed = this.#sec() - began;
      const answered = phase.until !== undefined && this.#missing(phase.until).length === 0;
      if (answered || passed >= phase.sec || this.#options.io.stop.aborted) return;
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
    this.#soc = soc;
    const { id } = this.#options.played;
    const state = { device: id, soc, grid_connected: phase.grid };
    await this.#client?.publish(topicFor(this.#options.topics.state, { station: id }), JSON.stringify(state));
  }

  /** Ends early when something was heard. */
  async #pause(sec: number): Promise<void> {
    const heard = new AbortController();
    this.#wake = () => heard.abort();
    await pause(this.#options.clock, sec, heard.signal, this.#options.io.stop);
  }

  #missing(action: "shutdown" | "abort"): string[] {
    return this.#options.machines.filter((machine) => !this.#told[action].has(machine));
  }

  #hear(topic: string, payload: Uint8Array, retained: boolean) {
    if (retained) return;
    const machine = matchTopic(this.#options.topics.command, topic)?.["machine"];
    const message: unknown = jsonOf(payload);
    if (machine !== undefined) return this.#hearCommand(machine, commandSchema.safeParse(message).data);
    const entry = journalSchema.safeParse(message).data;
    if (entry) this.#story.say("server", entry.text, entry.level === "alarm" ? "bad" : "server");
  }

  #hearCommand(machine: string, command: AgentCommand | undefined) {
    if (!command || !this.#options.played.machines.includes(machine)) return;
    const { action, delay_sec: delay, reason } = command;
    this.#story.say(machine, `is told: ${action}, delay ${delay} s${reason && `: ${reason}`}`, "machine");
    if (action === "shutdown" || action === "abort") this.#told[action].add(machine);
    this.#wake();
  }

  #end(text: string, code: number): number {
    this.#story.write(`\n${text}`, code === 0 ? "good" : "bad");
    return code;
  }

  #sec(): number {
    return (this.#options.clock.now() - this.#beganAt) / 1_000;
  }
}
