/** An emulated machine: the emulated agent on a clock and at a broker, with a record of what it did. It reports that it is emulated. */
import { commandSchema, powerSchema, type Status } from "../contract/messages/machine.ts";
import { jsonOf } from "../io/client.ts";
import type { Clock } from "../io/clock.ts";
import { stepAgent } from "./agent/agent.ts";
import {
  type AgentEffect,
  type AgentInput,
  type AgentSetup,
  type AgentState,
  type Behaviour,
  type MachinePhase,
  offState,
  phaseOf,
} from "./agent/state.ts";
import { Line, type Plug, type Wanted } from "./line.ts";
import { emptyRecord, type MachineRecord } from "./record.ts";
import { AgentVoice, topicOf } from "./voice.ts";

export interface MachineOptions {
  name: string;
  behaviour: Behaviour;
  clock: Clock;
  plug: Plug;
  /** Signs its messages and must sign the commands it obeys; null: unsigned. */
  key?: string | null;
  /** Watts that it draws while it runs. */
  watts: number;
  /** Seconds that its pre-commands take. */
  preShutdownSec: number;
  /** Seconds from the start of the operating system's shutdown to off. */
  stopSec: number;
  /** Does everything but the shutdown itself, whatever a command says. */
  dryRun?: boolean;
}

type Input<I = AgentInput> = I extends AgentInput ? Omit<I, "at"> : never;

export class SimMachine {
  readonly name: string;
  readonly record: MachineRecord = emptyRecord();
  readonly #clock: Clock;
  readonly #watts: number;
  readonly #setup: AgentSetup;
  readonly #line: Line;
  readonly #voice: AgentVoice;
  #state: AgentState = offState;
  #boots = 0;

  /** Building one does nothing; `boot` starts it. */
  constructor({ name, clock, watts, plug, ...options }: MachineOptions) {
    const { behaviour, preShutdownSec, stopSec, key = null, dryRun = false } = options;
    this.name = name;
    this.#clock = clock;
    this.#watts = watts;
    this.#setup = { name, key, behaviour, preShutdownSec, stopSec, dryRun };
    this.#line = new Line(plug, () => this.#wanted());
    this.#voice = new AgentVoice(name, key, clock, this.#line);
  }

  /** Boots the machine, also after it went down: a new boot id, no command under way, the newest command remembered. */
  async boot(): Promise<void> {
    if (this.#state.up) return;
    this.#boots += 1;
    this.#take({ kind: "boot", boot: `${this.name}-${this.#clock.wall()}-${this.#boots}` });
    await this.plugIn();
  }

  /** Connects, or connects again; the machine kept running meanwhile. */
  async plugIn(): Promise<void> {
    if (await this.#line.connect(this.#state.awakeMs, () => this.#state.up))
      this.#take({ kind: "connected" });
  }

  /** Cuts the network; the machine keeps running, and the broker publishes its Last Will. */
  unplug() {
    this.#noteLost(this.#line.unplug());
  }

  /** Cuts the power: a crash, whatever the machine was doing. */
  cutPower() {
    this.#take({ kind: "power-cut" });
  }

  /** True while a shutdown is under way. */
  get busy(): boolean {
    return this.#state.work !== null;
  }

  /** What the machine is doing. */
  get phase(): MachinePhase {
    return phaseOf(this.#state);
  }

  /** Watts that it draws now. */
  watts(): number {
    return this.#state.up ? this.#watts : 0;
  }

  /** Lets its clock advance; a machine has no timers of its own. */
  tick() {
    if (!this.#state.up) return;
    this.#take({ kind: "tick" });
    if (this.#state.up && this.#line.isDue(this.#state.awakeMs)) void this.plugIn().catch(() => {});
  }

  #wanted(): Wanted {
    const names = ["command", "power", "status"] as const;
    return {
      clientId: `ecoflow-agent-${this.name}`,
      will: { topic: topicOf(this.name, "status"), payload: JSON.stringify({ online: false }) },
      filters: names.map((name) => topicOf(this.name, name)),
      heard: (topic, payload, retained) => this.#hear(topic, payload, retained),
      onLost: () => this.#noteLost(this.#line.lose()),
    };
  }

  #hear(topic: string, payload: Uint8Array, retained: boolean) {
    if (!this.#state.up) return;
    const message = jsonOf(payload);
    if (topic === topicOf(this.name, "command")) this.#hearCommand(message, retained);
    else if (topic === topicOf(this.name, "power")) {
      const { data } = powerSchema.safeParse(message);
      if (data) this.#take({ kind: "power", message: data, retained });
    } else {
      const online = (message as Partial<Status> | null)?.online !== false;
      this.#take({ kind: "status", online, retained });
    }
  }

  #hearCommand(message: unknown, retained: boolean) {
    const { data: command } = commandSchema.safeParse(message);
    if (!command) return;
    const { action, id } = command;
    this.record.heard.push({ at: this.#clock.wall(), action, id, retained });
    this.#take({ kind: "command", command, retained });
  }

  #take(input: Input) {
    const timed = { ...input, at: this.#clock.now() } as AgentInput;
    const { state, effects } = stepAgent(this.#setup, this.#state, timed);
    this.#state = state;
    this.record.up = state.up;
    this.record.servicesStopped = state.servicesStopped;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: AgentEffect) {
    switch (effect.kind) {
      case "did":
        this.record.did.push({ at: this.#clock.wall(), deed: effect.deed, id: effect.id });
        return;
      case "ack":
        return this.#voice.acknowledge(effect.ack);
      case "status":
        return this.#voice.present(effect.status);
      case "off":
        return this.#line.drop();
    }
  }

  #noteLost(was: boolean) {
    if (was) this.record.did.push({ at: this.#clock.wall(), deed: "disconnected", id: null });
  }
}
