/** Notices other servers that command the same machines, and decides machine by machine who leads (S26, E24). */
import { event, over } from "../../contract/journal.ts";
import type { OrchestratorStatus } from "../../contract/messages/server.ts";
import { isLeaseEpoch } from "../../core/command-order.ts";
import type { PolicyInput } from "../../core/policy/inputs.ts";
import type { Instant } from "../../core/reading.ts";
import type { Message } from "../../io/bus.ts";
import type { Room } from "../service.ts";
import { type Claim, claimOf } from "./claims.ts";
import { Contest, goneMs, type Rank } from "./contest.ts";
import { notice } from "./notice.ts";

/** An alarm about another orchestrator is raised again after this time while that one lives. */
const againMs = 3_600_000;
/** A lease that proves nothing raises our epoch only from this near, and this often within `againMs`: a forged one must not. */
const unproven = { most: 10, near: 1_000 };
/** Instances that are reported within `againMs`; more of them are forgeries. */
const mostReported = 100;
/** Living servers that are remembered; more of them are forgeries, and the oldest is forgotten. */
const mostLiving = 20;

export interface RivalsOptions {
  /** Id of this process, whose own messages come back from the broker. */
  instance: string;
  /** Every machine that is configured. */
  machines: readonly string[];
  /** The key of each machine that has one. */
  keys: Readonly<Record<string, string>>;
}

/** What a living server says of itself; `machines` is null where its version does not list them. */
interface Living {
  epoch: number;
  machines: ReadonlySet<string> | null;
  heardAt: Instant;
}

/** Reports each rival as an event, and keeps the rank of this server for each machine. */
export class Rivals {
  readonly #room: Pick<Room, "topics" | "publish" | "clock">;
  readonly #options: RivalsOptions;
  /** When each alarm was last raised. */
  readonly #reportedAt = new Map<string, Instant>();
  /** By machine, once a rival was heard. */
  readonly #contests = new Map<string, Contest>();
  /** Machines that this server does not lead. */
  #silent: Readonly<Record<string, Exclude<Rank, "leads">>> = {};
  /** Machines of which was reported that this server stands aside, and whether that alarm stands. */
  readonly #announced = new Set<string>();
  #isAside = false;
  #living = new Map<string, Living>();
  #isConnected = false;
  /** The highest epoch that was believed of others. */
  #highest = 0;
  #unproven = { since: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(room: Pick<Room, "topics" | "publish" | "clock">, options: RivalsOptions) {
    this.#room = room;
    this.#options = options;
  }

  /** The machines that this server does not lead. A new object after each change. */
  get silent(): Readonly<Record<string, Exclude<Rank, "leads">>> {
    return this.#silent;
  }

  leads(machine: string): boolean {
    return !Object.hasOwn(this.#silent, machine);
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether a living server that names the machine and this epoch sends it commands, and this server does not. */
  isLedByOther(machine: string, epoch: number, at: Instant): boolean {
    if (this.#options.machines.includes(machine) && this.leads(machine)) return false;
    return [...this.#living.values()].some(
      (server) =>
        at - server.heardAt < goneMs &&
        server.epoch === epoch &&
        (server.machines === null || server.machines.has(machine)),
    );
  }

  /** Takes the lease of another server; returns the epoch that ours must exceed (R7), or null where it need not. */
  orchestrator(message: Message<OrchestratorStatus>, ours: number): PolicyInput | null {
    const { payload, at, wall, from, retained } = message;
    const { instance, epoch, online } = payload;
    if (from !== "mirror" || instance === this.#options.instance) return null;
    const isLive = online && !retained;
    if (isLive && isLeaseEpoch(epoch)) this.#noteLiving(payload, at);
    const claim = claimOf(payload, this.#options.machines, this.#options.keys);
    const named = [...claim.shared, ...claim.unproven];
    // Servers with other machines share the broker and nothing else.
    if (named.length === 0) return null;
    if (isLive) this.#report(payload, claim, at);
    if (!isLeaseEpoch(epoch)) return this.#refuse(payload, at);
    const outbids = isLive ? this.#hear(payload, claim, ours, at) : this.#find(payload, claim, named, at);
    if (claim.shared.length > 0) this.#highest = Math.max(this.#highest, epoch);
    else if (epoch >= ours && !this.#mayRaise(epoch - ours, at)) return null;
    return outbids && epoch >= ours ? { kind: "epoch", at, wall, epoch } : null;
  }

  /** Ends ranks that time ends; returns the epoch that a claim must exceed, else null. */
  tick(at: Instant, wall: number): PolicyInput | null {
    let claims = false;
    for (const machine of Object.keys(this.#silent)) {
      const contest = this.#contestOf(machine);
      if (!this.#isConnected) contest.wasDeaf(at);
      const before = contest.rank;
      contest.tick(at);
      claims ||= before === "aside" && contest.rank === "claims";
    }
    this.#settle(null);
    return claims ? { kind: "epoch", at, wall, epoch: this.#highest } : null;
  }

  /** While this process is away from the broker it hears nobody: silence counts from the connection. */
  connected(isConnected: boolean, at: Instant): void {
    this.#isConnected = isConnected;
    this.paused(at);
  }

  /** In a pause this process hears nobody: silence counts from its end. */
  paused(at: Instant): void {
    for (const contest of this.#contests.values()) contest.wasDeaf(at);
  }

  /** A live lease: each machine that it shares with us is a contest. Returns whether ours must outbid it. */
  #hear(lease: OrchestratorStatus, { shared }: Claim, ours: number, at: Instant): boolean {
    const own = { instance: this.#options.instance, epoch: ours };
    // Nobody stands aside for what proves nothing. Its epoch may still be that of an older version that is at work.
    let outbids = shared.length === 0;
    for (const machine of shared) outbids = this.#contestOf(machine).hear(lease, own, at) || outbids;
    this.#settle(lease);
    return outbids;
  }

  /** A retained lease, or the goodbye of one: its epoch counts where this server leads. */
  #find({ online }: OrchestratorStatus, { shared }: Claim, named: readonly string[], at: Instant): boolean {
    const outbids = named.some((machine) => this.leads(machine));
    if (online) for (const machine of shared) this.#contestOf(machine).find(at);
    this.#settle(null);
    return outbids;
  }

  /** Takes over what the contests decided, and reports for which machines this server begins or ends to stand aside. */
  #settle(leader: OrchestratorStatus | null) {
    const silent: Record<string, Exclude<Rank, "leads">> = {};
    for (const [machine, { rank }] of this.#contests) if (rank !== "leads") silent[machine] = rank;
    const before = this.#silent;
    const [was, is] = [Object.keys(before), Object.keys(silent)];
    if (was.length === is.length && is.every((machine) => silent[machine] === before[machine])) return;
    this.#silent = silent;
    const aside = is.filter((machine) => silent[machine] === "aside");
    if (leader !== null && aside.some((machine) => !this.#announced.has(machine))) {
      const { instance, site } = leader;
      notice(this.#room, event("stands-aside", { instance, site, machines: aside.sort() }));
      for (const machine of aside) this.#announced.add(machine);
      this.#isAside = true;
    }
    for (const machine of this.#announced) if (this.leads(machine)) this.#announced.delete(machine);
    if (is.length > 0 || !this.#isAside) return;
    this.#isAside = false;
    notice(this.#room, over("stands-aside", {}));
  }

  #contestOf(machine: string): Contest {
    const known = this.#contests.get(machine) ?? new Contest();
    this.#contests.set(machine, known);
    return known;
  }

  #noteLiving({ instance, epoch, machines }: OrchestratorStatus, at: Instant) {
    this.#living.delete(instance);
    const names = machines === undefined ? null : new Set(Object.keys(machines));
    this.#living.set(instance, { epoch, machines: names, heardAt: at });
    const [oldest] = this.#living.keys();
    if (this.#living.size > mostLiving && oldest !== undefined) this.#living.delete(oldest);
  }

  #mayRaise(steps: number, at: Instant): boolean {
    if (at - this.#unproven.since >= againMs) this.#unproven = { since: at, count: 0 };
    if (steps > unproven.near || this.#unproven.count >= unproven.most) return false;
    this.#unproven.count += 1;
    return true;
  }

  #report({ instance, site }: OrchestratorStatus, claim: Claim, at: Instant) {
    const { shared } = claim;
    if (shared.length > 0 && this.#isDue(`rival ${instance}`, at))
      notice(this.#room, event("rival-orchestrator", { instance, site, machines: [...shared] }));
    if (claim.unproven.length > 0 && this.#isDue("unproven", at))
      notice(this.#room, event("unproven-lease", { instance, site, machines: [...claim.unproven] }));
  }

  /** What no server can have reached is neither outbid nor a reason to stand aside. */
  #refuse({ instance, epoch }: OrchestratorStatus, at: Instant): null {
    if (this.#isDue("absurd", at))
      notice(this.#room, event("absurd-epoch", { who: `the orchestrator ${instance}`, epoch }));
    return null;
  }

  #isDue(key: string, at: Instant): boolean {
    for (const [known, reportedAt] of this.#reportedAt)
      if (at - reportedAt >= againMs) this.#reportedAt.delete(known);
    if (this.#reportedAt.has(key) || this.#reportedAt.size >= mostReported) return false;
    this.#reportedAt.set(key, at);
    return true;
  }
}
