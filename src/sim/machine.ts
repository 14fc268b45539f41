/** An emulated machine: it follows the agents' protocol (docs/topics.md) byte for byte and reports that it is emulated. */
import {
  type Ack,
  type Command,
  commandSchema,
  powerSchema,
  type Status,
} from "../contract/messages/machine.ts";
import { jsonOf } from "../io/client.ts";
import type { Clock } from "../io/clock.ts";
import { AgentTrust } from "./agent.ts";
import { type Deed, emptyRecord, type MachineRecord } from "./record.ts";
import { AgentVoice, type Plug, topicOf, type Wanted } from "./voice.ts";

/** `slow` needs three times as long to stop; `deaf` is connected, acknowledges nothing and never stops. */
export type Behaviour = "obeys" | "slow" | "deaf";

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

/** What it is at; `off` before its first boot too. */
export type MachinePhase = "off" | "idle" | "delay" | "pre_shutdown" | "shutting_down";

interface Work {
  id: string;
  phase: Exclude<MachinePhase, "off" | "idle">;
  leftMs: number;
  dryRun: boolean;
  deadMan: boolean;
}

/** Longest time that one tick counts, ms: time asleep is not silence (S20). */
const longestTickMs = 10_000;
const slowness = 3;
/** Milliseconds between attempts to connect again. */
const retryMs = 5_000;

export class SimMachine {
  readonly name: string;
  readonly record: MachineRecord = emptyRecord();
  readonly #options: MachineOptions;
  readonly #trust: AgentTrust;
  readonly #voice: AgentVoice;
  #work: Work | null = null;
  #boot = "";
  #boots = 0;
  #awakeMs = 0;
  #tickedAt = 0;
  /** The network cable is plugged in, so a lost connection is tried again. */
  #cableIn = true;
  #plugging = false;
  #triedAtMs = 0;

  /** Building one does nothing; `boot` starts it. */
  constructor(options: MachineOptions) {
    this.name = options.name;
    this.#options = options;
    const key = options.key ?? null;
    this.#trust = new AgentTrust(options.name, key);
    this.#voice = new AgentVoice(options.name, key, options.clock);
  }

  /** Boots the machine, also after it went down: a new boot id, no command under way, the newest command remembered. */
  async boot(): Promise<void> {
    if (this.record.up) return;
    this.record.up = true;
    this.record.servicesStopped = false;
    this.#boots += 1;
    this.#boot = `${this.name}-${this.#options.clock.wall()}-${this.#boots}`;
    this.#awakeMs = 0;
    this.#tickedAt = this.#options.clock.now();
    this.#work = null;
    this.#trust.forget();
    this.#note("booted");
    await this.plugIn();
  }

  /** Connects, or connects again; the machine kept running meanwhile. */
  async plugIn(): Promise<void> {
    this.#cableIn = true;
    if (this.#voice.line || this.#plugging || !this.record.up) return;
    this.#plugging = true;
    this.#triedAtMs = this.#awakeMs;
    try {
      const link = await this.#options.plug(this.#wanted());
      if (!this.record.up || !this.#cableIn) return link.drop();
      this.#voice.line = link;
    } finally {
      this.#plugging = false;
    }
    this.#tellStatus();
  }

  #wanted(): Wanted {
    const names = ["command", "power", "status"] as const;
    return {
      clientId: `ecoflow-agent-${this.name}`,
      will: { topic: topicOf(this.name, "status"), payload: JSON.stringify({ online: false }) },
      filters: names.map((name) => topicOf(this.name, name)),
      heard: (topic, payload, retained) => this.#hear(topic, payload, retained),
      onLost: () => this.#lost(),
    };
  }

  /** Cuts the network; the machine keeps running, and the broker publishes its Last Will. */
  unplug() {
    this.#cableIn = false;
    this.#voice.line?.drop();
    this.#lost();
  }

  /** Cuts the power: a crash, whatever the machine was doing. */
  cutPower() {
    if (this.record.up) this.#switchOff("power-cut");
  }

  /** True while a shutdown is under way. */
  get busy(): boolean {
    return this.#work !== null;
  }

  /** What the machine is doing. */
  get phase(): MachinePhase {
    return this.record.up ? (this.#work?.phase ?? "idle") : "off";
  }

  /** Watts that it draws now. */
  watts(): number {
    return this.record.up ? this.#options.watts : 0;
  }

  /** Lets its clock advance; a machine has no timers of its own. */
  tick() {
    if (!this.record.up) return;
    this.#pass();
    if (!this.#voice.line && this.#cableIn && this.#awakeMs - this.#triedAtMs >= retryMs)
      void this.plugIn().catch(() => {});
    if (this.#options.behaviour === "deaf") return;
    this.#watchSilence();
    while (this.#work && this.#work.leftMs <= 0) this.#advance(this.#work);
  }

  #hear(topic: string, payload: Uint8Array, retained: boolean) {
    if (!this.record.up) return;
    this.#pass();
    const message = jsonOf(payload);
    if (topic === topicOf(this.name, "command")) this.#hearCommand(message, retained);
    else if (topic === topicOf(this.name, "power")) this.#hearPower(message, retained);
    else if (!retained && (message as Partial<Status> | null)?.online === false) this.#tellStatus();
  }

  #hearPower(message: unknown, retained: boolean) {
    const { data } = powerSchema.safeParse(message);
    // A retained message may be from last night: it arms nothing (S21, S28).
    if (data && !retained) this.#trust.hearPower(data, this.#awakeMs);
  }

  #hearCommand(message: unknown, retained: boolean) {
    const { data: command } = commandSchema.safeParse(message);
    if (!command) return;
    const { action, id } = command;
    this.record.heard.push({ at: this.#options.clock.wall(), action, id, retained });
    if (retained || this.#options.behaviour === "deaf") return;
    const refusal = this.#trust.objection(command, this.#awakeMs);
    if (refusal) return this.#tell(id, refusal.phase, refusal);
    if (action === "ping") return this.#tell(id, "pong");
    this.#trust.accept(command);
    if (action === "shutdown") this.#takeShutdown(command);
    else if (action === "abort") this.#takeAbort(command);
    else this.#tell(id, action === "shed" ? "shed" : "restored");
  }

  #takeShutdown(command: Command) {
    const { id } = command;
    const work = this.#work;
    if (work?.id === id) return this.#tell(id, work.phase);
    if (work && command.dry_run && !work.dryRun) {
      return this.#tell(id, "refused", { reason: `a real shutdown (${work.id}) is under way` });
    }
    const dryRun = command.dry_run === true || this.#options.dryRun === true;
    const clock = this.#trust.clockUnknown && { clock: "unknown" as const };
    this.#tell(id, "received", { ...clock, ...(dryRun && { dry_run: true }) });
    if (work && work.phase !== "delay" && !work.dryRun) {
      // A shutdown is under way: the newer command takes it over, and no phase starts again.
      work.id = id;
      return this.#tell(id, work.phase);
    }
    const delayMs = command.delay_sec * 1000;
    const leftMs = work && !work.dryRun ? Math.min(work.leftMs, delayMs) : delayMs;
    this.#enter({ id, phase: "delay", leftMs, dryRun, deadMan: false });
  }

  #takeAbort({ id }: Command) {
    if (this.#work?.phase === "shutting_down") {
      return this.#tell(id, "too_late", { reason: "the operating system is going down already" });
    }
    this.#call(id);
    this.#tell(id, "aborted");
  }

  /** Ends a shutdown before the point of no return, and starts the stopped services again. */
  #call(id: string) {
    const work = this.#work;
    if (!work) return;
    this.#work = null;
    this.#note("aborted", id);
    if (this.record.servicesStopped) {
      this.record.servicesStopped = false;
      this.#note("services-restored", id);
    }
    this.#tellStatus();
  }

  #enter(work: Work) {
    this.#work = work;
    this.#note(work.phase, work.id);
    this.#tell(work.id, work.phase);
    this.#tellStatus();
  }

  /** The next phase of a shutdown: wait, stop services, shut down (the point of no return), off. */
  #advance(work: Work) {
    const { preShutdownSec, stopSec, behaviour } = this.#options;
    if (work.phase === "delay") {
      this.record.servicesStopped = !work.dryRun;
      this.#enter({ ...work, phase: "pre_shutdown", leftMs: work.leftMs + preShutdownSec * 1000 });
    } else if (work.phase === "shutting_down") {
      this.#switchOff("off");
    } else if (work.dryRun) {
      this.#work = null;
      this.#note("rehearsed", work.id);
      this.#tell(work.id, "shutting_down", { dry_run: true });
      this.#tellStatus();
    } else {
      const longMs = stopSec * 1000 * (behaviour === "slow" ? slowness : 1);
      this.#enter({ ...work, phase: "shutting_down", leftMs: work.leftMs + longMs });
    }
  }

  /** Dead-man: acts on silence on battery (S21). A `power` message about the mains before the point of no return ends it. */
  #watchSilence() {
    const work = this.#work;
    if (work?.deadMan && work.phase !== "shutting_down" && this.#trust.calm) return this.#call(work.id);
    if (work || !this.#trust.silentTooLong(this.#awakeMs)) return;
    this.#note("dead-man");
    const dryRun = this.#options.dryRun === true;
    this.#advance({ id: `dead-man-${this.#boot}`, phase: "delay", leftMs: 0, dryRun, deadMan: true });
  }

  #switchOff(deed: "off" | "power-cut") {
    this.#note(deed, this.#work?.id ?? null);
    this.record.up = false;
    this.#work = null;
    this.#voice.line?.drop();
    this.#voice.line = null;
  }

  #lost() {
    if (!this.#voice.line) return;
    this.#voice.line = null;
    this.#note("disconnected");
  }

  #pass() {
    const now = this.#options.clock.now();
    const passedMs = Math.min(now - this.#tickedAt, longestTickMs);
    this.#tickedAt = now;
    this.#awakeMs += passedMs;
    if (this.#work) this.#work.leftMs -= passedMs;
  }

  #note(deed: Deed, id: string | null = null) {
    this.record.did.push({ at: this.#options.clock.wall(), deed, id });
  }

  #tell(id: string, phase: Ack["phase"], more: Partial<Ack> = {}) {
    const dryRun = this.#work?.id === id && this.#work.dryRun;
    this.#voice.acknowledge({ id, phase, ...(dryRun && { dry_run: true }), ...more });
  }

  #tellStatus() {
    const { preShutdownSec, dryRun } = this.#options;
    this.#voice.present({
      platform: "emulated",
      version: "emulated",
      armed: dryRun !== true,
      boot: this.#boot,
      state: this.#work?.phase ?? "idle",
      command: this.#work?.id ?? null,
      pre_shutdown_sec: preShutdownSec,
      ...(this.#work?.deadMan && { reason: "dead-man" }),
    });
  }
}
