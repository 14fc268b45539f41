/** Plays a scenario on a broker: publishes the station's states and follows what the server and the agents answer. */
import { type JournalEntry, journalSchema } from "../contract/messages/journal.ts";
import {
  type Command as AgentCommand,
  ackSchema,
  commandSchema,
  statusSchema,
} from "../contract/messages/machine.ts";
import { isLeaseFor, orchestratorSchema } from "../contract/messages/server.ts";
import type { Topic } from "../contract/topics/topic.ts";
import { filterOf, matchTopic, type Topics, topicFor } from "../contract/topics.ts";
import { type Client, type ClientOptions, connectClient, jsonOf } from "../io/client.ts";
import type { Clock } from "../io/clock.ts";
import { type Phase, type Scenario, sayEverySec, socAt } from "../sim/scenario.ts";
import type { CommandIo } from "./command.ts";
import { Answers } from "./simulate-answers.ts";
import { objectionTo, type Played } from "./simulate-guard.ts";
import { Story } from "./story.ts";
import { pause } from "./waiting.ts";

/** A return of the mains is believed after two samples (S10). */
const leavingTimes = 3;
const leavingSec = 1;

/** A grid that changed four times in three minutes is disputed until it rests: runs right behind each other do that. */
const disputeSec = 200;

export interface PlayerOptions {
  io: CommandIo;
  topics: Topics;
  played: Played;
  /** The machines that must go down with the station. */
  machines: readonly string[];
  /** The key of a machine; null where it has none. */
  keyOf: (machine: string) => string | null;
  /** The grid must hold this long for an outage to be over, seconds. */
  wakeAfterSec: number;
  clock: Clock;
  /** The station may exist, and its machines may obey. */
  real: boolean;
}

/** One run of one scenario; building it does nothing. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #story: Story;
  readonly #beganAt: number;
  readonly #beganWall: number;
  readonly #answers: Answers;
  /** The outage of the station was seen to end. */
  #isOver = false;
  /** The server doubts the mains of the station, because it changed too often: an abort waits for that. */
  #isDisputed = false;
  /** What a dispute adds to the wait for a command, also when it is over: the mains has to hold from then on. */
  #extraSec = 0;
  /** A running server was heard. */
  #isServed = false;
  /** Why the rehearsal must not go on: something that forbids it came up meanwhile. */
  #objection: string | null = null;
  #wake = () => {};
  /** As said last, percent. */
  #soc = 90;
  #client: Client | null = null;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#beganAt = options.clock.now();
    this.#beganWall = options.clock.wall();
    this.#answers = new Answers({ ...options, sec: () => this.#sec() });
    this.#story = new Story(options.io, () => this.#sec(), options.played.machines);
  }

  async start(broker: ClientOptions): Promise<void> {
    this.#client = await connectClient({
      ...broker,
      heard: (topic, payload, retained) => this.#hear(topic, payload, retained),
    });
    const { command, events, ack, status, orchestrator, data } = this.#options.topics;
    const topics: Topic<unknown>[] = [command, events, ack, status, orchestrator, data];
    await this.#client.subscribe(topics.map(filterOf));
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
    return this.#end(`As it should be: ${this.#outcome(scenario)}.${this.#lastAbort()}`, 0);
  }

  #outcome({ never, ends }: Scenario): string {
    if (never) return `no machine was sent a ${never}`;
    if (ends) return "no outage is open, and the next rehearsal begins afresh";
    return `shutdown and abort for ${this.#options.machines.join(", ")}`;
  }

  /** A run within the outage of an earlier one has used the second of its two aborts. */
  #lastAbort(): string {
    const isSecond = this.#answers.sentTo("abort").length > 0 && this.#olderOutage() !== null;
    return isSecond
      ? " The aborts of this outage are spent now: before the next run, ecoflow-power simulate calm."
      : "";
  }

  #olderOutage() {
    return this.#answers.olderOutage(Math.floor(this.#beganWall / 1_000) - 1);
  }

  /** Plays the phases; answers what went otherwise than it should, or null. */
  async #faultOf({ phases, never, ends }: Scenario): Promise<string | null> {
    for (const phase of phases) {
      this.#story.say("station", phase.say, "world");
      await this.#sustain(phase, ends === true);
      if (this.#objection !== null) return `Stopped: ${this.#objection}. The mains are reported as back.`;
      if (this.#options.io.stop.aborted) return "Ended before the scenario was over.";
      if (phase === phases[0] && !ends) this.#sayUnheard();
      const missing = this.#missing(phase);
      if (missing !== null) return missing;
    }
    if (!this.#isServed) return "No server was heard: start it with ecoflow-power run.";
    const sent = never === undefined ? [] : this.#answers.sentTo(never);
    if (sent.length > 0)
      return `${sent.join(", ")} was sent a ${never}, and nothing was due. (In the outage of an earlier run the debounce counts as spent: run ecoflow-power simulate calm, and try again.)`;
    const faults = this.#answers.faults();
    return faults.length === 0 ? null : `Not as it should be. ${faults.join(" ")}`;
  }

  #missing({ until, sec }: Phase): string | null {
    const machines = until ? this.#answers.unsent(until) : [];
    if (machines.length === 0) return null;
    const within = `No ${until} for ${machines.join(", ")} within ${Math.round(sec)} s.`;
    return until === "abort" ? within + this.#whyNoAbort() : within;
  }

  #sayUnheard(): void {
    for (const machine of this.#answers.unheard())
      this.#story.say(
        machine,
        "no agent was heard: nobody will answer for this machine (an agent of the original publishes no status, and would obey)",
        "bad",
      );
  }

  /** A machine is called back twice in an outage, and then completes its shutdown. */
  #whyNoAbort(): string {
    if (this.#isDisputed)
      return " The server does not believe the mains, because it changed too often in a few minutes: wait ten minutes, then run this again.";
    const older = this.#olderOutage();
    if (older === null) return "";
    const began = new Date(older * 1_000).toLocaleTimeString();
    return ` The aborts of this outage are spent: it began at ${began}, in an earlier run, and a machine is called back twice in one outage at most. An outage is over once the mains has held for ${this.#options.wakeAfterSec} s: run ecoflow-power simulate calm, then this again.`;
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
  async #sustain(phase: Phase, endsWithOutage: boolean): Promise<void> {
    const began = this.#sec();
    for (;;) {
      const passed = this.#sec() - began;
      const answered =
        phase.until === undefined ? endsWithOutage && this.#isOver : this.#answers.isSettled(phase.until);
      const limit = phase.sec + (phase.until === undefined ? 0 : this.#extraSec);
      const isStopped = this.#objection !== null || this.#options.io.stop.aborted;
      if (answered || passed >= limit || isStopped) return;
      await this.#say(phase, passed);
      await this.#pause(Math.min(sayEverySec, limit - passed));
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

  #hear(topic: string, payload: Uint8Array, retained: boolean) {
    const { topics } = this.#options;
    const machineOf = (key: "command" | "ack" | "status") => matchTopic(topics[key], topic)?.["machine"];
    if (!this.#options.real) this.#guard(topic, payload);
    const message: unknown = jsonOf(payload);
    if (matchTopic(topics.orchestrator, topic) !== null) {
      const lease = orchestratorSchema.safeParse(message).data;
      const { machines } = this.#options.played;
      this.#isServed ||= !retained && lease?.online === true && isLeaseFor(lease, machines);
      return;
    }
    const present = machineOf("status");
    const status = present === undefined ? undefined : statusSchema.safeParse(message).data;
    if (present !== undefined && status) this.#answers.status(present, status);
    if (retained || present !== undefined) return;
    const machine = machineOf("command");
    if (machine !== undefined) return this.#hearCommand(machine, commandSchema.safeParse(message).data);
    const answering = machineOf("ack");
    if (answering !== undefined) return this.#hearAck(answering, message);
    const entry = journalSchema.safeParse(message).data;
    if (entry) this.#hearEvent(entry);
  }

  /** What forbade the rehearsal before it began forbids it in its midst too: an agent that starts, a source that connects. */
  #guard(topic: string, payload: Uint8Array) {
    const { played, topics } = this.#options;
    const objection = objectionTo(played, topics, topic, payload);
    if (objection === null || this.#objection !== null) return;
    this.#objection = objection;
    this.#wake();
  }

  #hearEvent({ type, code, station, text, level }: JournalEntry) {
    if (station === this.#options.played.id) {
      if (type === "outage-ended") this.#isOver = true;
      if (code === "sources-disagree") {
        this.#isDisputed = type === "alarm";
        this.#extraSec = disputeSec;
      }
    }
    this.#story.say("server", text, level === "alarm" ? "bad" : "server");
    this.#wake();
  }

  #hearAck(machine: string, message: unknown) {
    const ack = ackSchema.safeParse(message).data;
    const said = ack ? this.#answers.ack(machine, ack) : null;
    if (said === null) return;
    this.#story.say(machine, said, "machine");
    this.#wake();
  }

  #hearCommand(machine: string, command: AgentCommand | undefined) {
    if (!command || !this.#options.played.machines.includes(machine)) return;
    const { action, delay_sec: delay, reason } = command;
    this.#story.say(machine, `is sent: ${action}, delay ${delay} s${reason && `: ${reason}`}`, "machine");
    this.#answers.command(machine, command);
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
