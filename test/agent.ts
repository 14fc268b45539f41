/** An emulated agent for stories on the manual clock: it obeys the contract (docs/topics.md) second by second, and keeps a record. */
import type { Command } from "../src/contract/messages.ts";
import type { House } from "./house.ts";

type Phase = "idle" | "delay" | "shutting_down" | "off";

export interface AgentOptions {
  /** From the end of the delay to absent. */
  stopSec?: number;
  /** Hears nothing, though the broker thinks it is there. */
  deaf?: boolean;
}

/** One machine with its agent; `record` holds what happened to the machine, with seconds. */
export class Agent {
  readonly record: string[] = [];
  phase: Phase = "idle";
  deaf: boolean;
  readonly #house: House;
  readonly #name: string;
  readonly #stopSec: number;
  #boot = 1;
  #last = { epoch: 0, seq: 0 };
  #command: Command | null = null;
  #at = 0;

  constructor(house: House, name: string, options: AgentOptions = {}) {
    this.#house = house;
    this.#name = name;
    this.#stopSec = options.stopSec ?? 20;
    this.deaf = options.deaf ?? false;
    house.listen(({ key, params, payload }) => {
      if (key === "command" && params["machine"] === name) this.#hear(payload as Command);
    });
    house.each(1, () => this.#second());
    this.comesBack();
  }

  /** (Re)connects: a live status. After the machine was off this is another boot. */
  comesBack(): void {
    if (this.phase === "off") {
      this.#boot += 1;
      this.#command = null;
      this.phase = "idle";
    }
    this.deaf = false;
    this.#status();
  }

  /** The connection is lost; the machine runs on. */
  goesOffline(): void {
    this.deaf = true;
    this.#house.status(this.#name, { online: false });
  }

  #status(): void {
    const state = this.phase === "off" ? "idle" : this.phase;
    const command = this.#command?.id ?? null;
    this.#house.status(this.#name, { online: true, boot: `${this.#name}-${this.#boot}`, state, command });
  }

  #hear(command: Command) {
    if (this.deaf || this.phase === "off") return;
    if (command.action === "ping") return this.#house.ack(this.#name, { id: command.id, phase: "pong" });
    const { epoch = 0, seq = 0 } = command;
    const last = this.#last;
    const repeat = epoch === last.epoch && seq === last.seq;
    if (epoch < last.epoch || (epoch === last.epoch && seq < last.seq)) {
      return this.#house.ack(this.#name, { id: command.id, phase: "refused", reason: "older", last });
    }
    this.#last = { epoch, seq };
    if (repeat) return this.#house.ack(this.#name, { id: command.id, phase: "received" });
    if (command.action === "abort") return this.#abort(command);
    if (command.action === "shutdown") this.#begin(command);
  }

  #begin(command: Command) {
    this.#house.ack(this.#name, { id: command.id, phase: "received" });
    if (this.phase === "shutting_down") return;
    this.#command = command;
    this.#at = this.#house.seconds + command.delay_sec;
    this.phase = "delay";
    this.#house.ack(this.#name, { id: command.id, phase: "delay" });
    this.#status();
  }

  #abort(command: Command) {
    if (this.phase === "shutting_down") {
      return this.#house.ack(this.#name, { id: command.id, phase: "too_late" });
    }
    if (this.phase === "delay") this.record.push(`aborted at ${this.#house.seconds}`);
    this.phase = "idle";
    this.#command = null;
    this.#house.ack(this.#name, { id: command.id, phase: "aborted" });
    this.#status();
  }

  #second(): void {
    const now = this.#house.seconds;
    if (this.phase === "delay" && now >= this.#at) {
      this.phase = "shutting_down";
      this.record.push(`shutdown at ${now}`);
      this.#at = now + this.#stopSec;
      if (this.deaf) return;
      this.#house.ack(this.#name, { id: this.#command?.id ?? "", phase: "shutting_down" });
      this.#status();
    } else if (this.phase === "shutting_down" && now >= this.#at) {
      this.phase = "off";
      this.record.push(`off at ${now}`);
      if (!this.deaf) this.#house.status(this.#name, { online: false });
    }
  }
}
