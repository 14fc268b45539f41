/** One step of the emulated agent at work: its state so far, and what it did. Lives within a single step. */
import type { Ack } from "../../contract/messages/machine.ts";
import type { Deed } from "../record.ts";
import type { AgentEffect, AgentSetup, AgentState } from "./state.ts";

export class Turn {
  readonly setup: AgentSetup;
  state: AgentState;
  readonly effects: AgentEffect[] = [];

  constructor(setup: AgentSetup, state: AgentState) {
    this.setup = setup;
    this.state = state;
  }

  set(patch: Partial<AgentState>): void {
    this.state = { ...this.state, ...patch };
  }

  did(deed: Deed, id: string | null = null): void {
    this.effects.push({ kind: "did", deed, id });
  }

  acknowledge(id: string, phase: Ack["phase"], more: Partial<Ack> = {}): void {
    const { work } = this.state;
    const dryRun = work?.id === id && work.dryRun;
    this.effects.push({ kind: "ack", ack: { id, phase, ...(dryRun && { dry_run: true }), ...more } });
  }

  /** Publishes what the agent is at. */
  report(): void {
    const { preShutdownSec, dryRun } = this.setup;
    const { boot, work } = this.state;
    this.effects.push({
      kind: "status",
      status: {
        platform: "emulated",
        version: "emulated",
        armed: !dryRun,
        boot,
        state: work?.phase ?? "idle",
        command: work?.id ?? null,
        pre_shutdown_sec: preShutdownSec,
        ...(work?.deadMan && { reason: "dead-man" }),
      },
    });
  }
}
