/** Keeps one account connected: logs in, connects, renews, and connects again after a loss or when a station falls silent. */
import type { Certification } from "../../core/cloud/account.ts";
import { type CloudProblem, problem } from "../../core/cloud/problems.ts";
import { isKicked, silentSec } from "../../core/cloud/watch.ts";
import type { Instant } from "../../core/reading.ts";
import type { MqttRefusal } from "../../io/cloud-mqtt.ts";
import { Connection } from "./connection.ts";
import { Credentials } from "./credentials.ts";
import { Kept } from "./kept.ts";
import type { CloudParts } from "./options.ts";
import { Quota } from "./quota.ts";
import { Retry } from "./retry.ts";
import { Streams } from "./streams.ts";
import { Trouble } from "./trouble.ts";

/** Refused credentials that are older are replaced at once. Younger ones wait, else each refusal would fetch new ones without end. */
const freshMs = 60_000;

export class Link {
  readonly #parts: CloudParts;
  readonly #kept: Kept;
  readonly #credentials: Credentials;
  readonly #connection: Connection;
  readonly #streams: Streams;
  readonly #quota: Quota;
  readonly #trouble: Trouble;
  /** For the next connection, or the next renewal while connected. */
  readonly #retry: Retry;
  #busy = false;
  #stopped = false;

  constructor(parts: CloudParts) {
    this.#parts = parts;
    this.#kept = new Kept(parts);
    this.#credentials = new Credentials(parts, this.#kept);
    this.#streams = new Streams(parts);
    this.#connection = new Connection(parts, {
      heard: (identity, topic, bytes) => this.#streams.take(identity, topic, bytes),
      lost: (host, short) => this.#lost(host, short),
    });
    this.#quota = new Quota(parts, this.#streams);
    this.#trouble = new Trouble(parts);
    this.#retry = new Retry(parts.random);
  }

  /** Begins with the stations of the last start, without waiting for the network. Returns how to stop. */
  start(): () => void {
    const { room, once } = this.#parts;
    this.#kept.announce();
    this.#watchStations();
    room.onTick((at) => this.#tick(at));
    this.#tick(this.#now());
    return () => {
      this.#stopped = true;
      this.#kept.close();
      this.#connection.close();
      once.close();
    };
  }

  #now = (): Instant => this.#parts.room.clock.now();

  #tick(at: Instant) {
    const work = !this.#busy && this.#retry.isDue(at) ? this.#dueWork(at) : null;
    if (work !== null) this.#run(work);
    if (this.#connection.open !== null && !this.#busy) {
      const { identity, session } = this.#connection.open;
      if (!this.#connection.isContested(at)) this.#trouble.ends();
      this.#streams.ask(identity, session, at);
      this.#reviveSilent(at);
    }
    const { login } = this.#credentials;
    if (login !== null) this.#quota.tick(login, at);
    this.#reportHealth(at);
  }

  #dueWork(at: Instant): (() => Promise<void>) | null {
    if (this.#connection.open === null) return () => this.#connect();
    if (this.#credentials.areOld(at)) return () => this.#renew();
    return this.#credentials.isListOld(at) ? () => this.#relist() : null;
  }

  /** Runs one piece of work at a time. The doors limit each of its waits. */
  #run(work: () => Promise<void>) {
    this.#busy = true;
    const { api } = this.#parts.account;
    void work()
      .catch((error: unknown) => this.#fail(problem("unexpected", { api, said: String(error) }).problem))
      .finally(() => {
        this.#busy = false;
      });
  }

  #fail(problem: CloudProblem) {
    if (this.#stopped) return;
    this.#trouble.begins(problem);
    this.#retry.failed(problem, this.#now());
  }

  async #connect() {
    const held = await this.#credentials.obtain();
    // The login lists the stations, also where the certification failed after it.
    this.#watchStations();
    if ("problem" in held) return this.#fail(held.problem);
    if (this.#stopped) return;
    const refusal = await this.#connection.connect(held, this.#kept.clientId);
    if (refusal !== null) return this.#refused(refusal, held.certification);
    this.#credentials.worked();
    await this.#subscribe(this.#streams.serials);
  }

  /** Watches the stations of the newest list; returns those that are new. */
  #watchStations(): string[] {
    return this.#streams.watch(this.#kept.serials, this.#now());
  }

  #refused({ fault, said, refused }: MqttRefusal, { host }: Certification) {
    const { account, room } = this.#parts;
    const { ageMs, worked } = refused ? this.#credentials.discard() : { ageMs: 0, worked: false };
    if (ageMs < freshMs && !worked)
      return this.#fail(problem(fault, { api: account.api, who: host, said }).problem);
    const age = `${Math.round(ageMs / 60_000)} min`;
    room.log.info(`${host} refuses credentials that are ${age} old (${said}): they are renewed`);
    this.#retry.now();
  }

  async #subscribe(serials: readonly string[]) {
    if (serials.length === 0) return;
    const outcome = await this.#connection.subscribe(serials);
    if (typeof outcome === "object") return this.#fail(outcome.problem);
    if (!outcome) return;
    this.#streams.begin(this.#now());
    // Not with the next tick: a start in an outage must not wait for it.
    const { open } = this.#connection;
    if (open !== null) this.#streams.ask(open.identity, open.session, this.#now());
  }

  #lost(host: string, short: number) {
    const { room, account } = this.#parts;
    if (short === 0) this.#retry.succeeded();
    if (!isKicked(short)) {
      room.log.info(`${host} closed the connection`);
      return this.#retry.failed({ kind: "unreachable" }, this.#now());
    }
    // Without the count: with it, each loss would be a new sentence and a new alarm.
    const said = "connection after connection ended within a minute";
    this.#fail(problem("kicked", { api: account.api, who: host, said }).problem);
    if (!this.#kept.changeClientId()) return;
    this.#connection.forgetShort();
    room.log.info("connects under another client id from now on");
  }

  /** Connects again for stations that are silent although the connection lives: only that revives a dead stream. */
  #reviveSilent(at: Instant) {
    const overdue = this.#streams.overdue(at);
    const [first] = overdue;
    if (first === undefined) return;
    const who = overdue.map(({ serial }) => serial).join(", ");
    const sec = Math.round(silentSec(first, at));
    this.#parts.room.log.info(`${who} sent nothing for ${sec} s: connects again (attempt ${first.tries})`);
    this.#reconnect();
  }

  #reconnect() {
    this.#connection.end();
    this.#retry.now();
  }

  async #renew() {
    const outcome = await this.#credentials.renew();
    if ("problem" in outcome) {
      const { kind } = outcome.problem;
      this.#parts.room.log.info(
        `the credentials could not be renewed (${kind}); the old ones are used until they are`,
      );
      return this.#retry.failed(outcome.problem, this.#now());
    }
    this.#retry.succeeded();
    const fresh = this.#watchStations();
    if (outcome.changed) this.#reconnect();
    else await this.#subscribe(fresh);
  }

  async #relist() {
    await this.#credentials.relist();
    await this.#subscribe(this.#watchStations());
  }

  #reportHealth(at: Instant) {
    const { serials, heardAt } = this.#streams;
    const isConnected = this.#connection.open !== null;
    const isHeard = this.#streams.areHeard(at);
    this.#trouble.tick(at, {
      up: isConnected && isHeard,
      isSilent: isConnected && !isHeard && this.#streams.areLate(at),
      stations: serials.length,
      heardAt,
    });
  }
}
