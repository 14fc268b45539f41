/** A machine in the policy's world: the emulated agent of `src/sim/`, its way to the policy, and what a test can do to it. */
import type { Command } from "../../src/contract/messages/machine.ts";
import type { CommandEffect } from "../../src/core/policy/effects.ts";
import type { AgentAck, AgentStatus } from "../../src/core/policy/inputs.ts";
import { stepAgent } from "../../src/sim/agent/agent.ts";
import {
  type AgentEffect,
  type AgentInput,
  type AgentSetup,
  type AgentState,
  type MachinePhase,
  offState,
  phaseOf,
} from "../../src/sim/agent/state.ts";
import type { ManualClock } from "../../src/sim/clock.ts";

/** `unseen`: the original's agent, which publishes nothing and knows no epoch and seq. */
export type AgentKind = "agent" | "unseen";

/** A start of SHUTDOWN_CMD. */
export interface Shutdown {
  at: number;
  outage: string;
  id: string;
  boot: number;
}

/** Where the agent's messages go. */
export interface AgentOut {
  ack(ack: AgentAck): void;
  status(status: AgentStatus): void;
}

export class WorldAgent {
  readonly kind: AgentKind;
  /** Messages in either direction arrive; a test sets it. */
  reachable = true;
  readonly shutdowns: Shutdown[] = [];
  readonly #setup: AgentSetup;
  readonly #clock: ManualClock;
  readonly #out: AgentOut;
  readonly #outages = new Map<string, string>();
  #state: AgentState = offState;
  #boots = 0;
  /** The broker counts it as connected. */
  #connected = false;
  /** When it hung, ms; null while it does not. */
  #hungAt: number | null = null;

  /** A machine that is up and has not connected yet. */
  constructor(id: string, kind: AgentKind, clock: ManualClock, out: AgentOut) {
    const setup = { key: null, behaviour: "obeys", preShutdownSec: 0, dryRun: false } as const;
    this.#setup = { ...setup, name: id, stopSec: 40 };
    this.kind = kind;
    this.#clock = clock;
    this.#out = out;
    this.#switchOn();
  }

  get phase(): MachinePhase {
    return phaseOf(this.#state);
  }

  /** Seconds from the start of SHUTDOWN_CMD to off. */
  get stopSec(): number {
    return this.#setup.stopSec;
  }

  set stopSec(stopSec: number) {
    this.#setup.stopSec = stopSec;
  }

  /** Number of its boot, from 1. */
  get boots(): number {
    return this.#boots;
  }

  /** Lets it do what its clock makes due. */
  tick() {
    this.#take({ kind: "tick", at: this.#now() });
  }

  /** The policy's command, as it comes over the wire. */
  obey(effect: CommandEffect) {
    const { id, action, reason, outage, epoch, seq } = effect;
    this.#outages.set(id, outage);
    const order = this.kind === "agent" ? { epoch, seq } : {};
    this.hear({ id, action, delay_sec: effect.delaySec, reason, ttl_sec: 300, outage, ...order });
  }

  /** A live command of anybody; one that does not arrive is lost. */
  hear(command: Command) {
    if (this.reachable && this.#connected)
      this.#take({ kind: "command", at: this.#now(), command, retained: false });
  }

  /** It connects, or publishes once more that it is there. */
  connect() {
    this.reachable = true;
    this.#connected = this.#state.up;
    this.#take({ kind: "connected", at: this.#now() });
  }

  /** The broker has lost the connection and publishes the Last Will; the machine runs on. */
  loseConnection() {
    if (!this.#connected) return;
    this.#connected = false;
    if (this.kind === "agent") this.#out.status({ online: false });
  }

  /** Its power fails: it does nothing more. */
  cutPower() {
    this.#take({ kind: "power-cut", at: this.#now() });
  }

  /** Somebody switches it on, or resets it while it runs. */
  boot() {
    this.cutPower();
    this.#switchOn();
    if (this.reachable) this.connect();
  }

  /** It hangs in what it does until its power is cut: nothing becomes due any more, and it still answers. */
  hang() {
    this.#hungAt = this.#clock.now();
  }

  /** The agent's process starts again within the same boot, and knows of no command under way. */
  loseCountdown() {
    this.#state = { ...this.#state, work: null };
  }

  #switchOn() {
    this.#boots += 1;
    this.#hungAt = null;
    this.#take({ kind: "boot", at: this.#now(), boot: `${this.#setup.name}-${this.#boots}` });
  }

  /** The machine's own clock. */
  #now(): number {
    return this.#hungAt ?? this.#clock.now();
  }

  #take(input: AgentInput) {
    const { state, effects } = stepAgent(this.#setup, this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: AgentEffect) {
    const isHeard = this.kind === "agent" && this.reachable && this.#connected;
    switch (effect.kind) {
      case "did":
        if (effect.deed === "shutting_down") this.#noteShutdown(effect.id ?? "");
        return;
      case "ack":
        if (isHeard) this.#out.ack(effect.ack);
        return;
      case "status":
        if (isHeard) this.#out.status({ online: true, ...effect.status });
        return;
      case "off":
        // Where the wire is cut the broker does not notice yet.
        if (this.reachable) this.loseConnection();
    }
  }

  #noteShutdown(id: string) {
    const outage = this.#outages.get(id) ?? "";
    this.shutdowns.push({ at: this.#clock.now(), outage, id, boot: this.#boots });
  }
}
