/** The connection to one account: logs in, connects, renews, and connects again where it ended or a station fell silent. */
import type { Certification } from "../../core/cloud/account.ts";
import { againAfterSec, type CloudProblem, problem } from "../../core/cloud/problems.ts";
import { clientIdOf, filtersOf, type Identity } from "../../core/cloud/topics.ts";
import { isKicked, shortConnections, silentSec } from "../../core/cloud/watch.ts";
import type { Instant } from "../../core/reading.ts";
import type { Entered } from "../../io/cloud-account.ts";
import type { CloudSession } from "../../io/cloud-mqtt.ts";
import { Kept } from "./kept.ts";
import type { CloudParts } from "./options.ts";
import { Quota } from "./quota.ts";
import { Streams } from "./streams.ts";
import { Trouble } from "./trouble.ts";

/** Credentials are renewed at this age; how long EcoFlow honours them is not documented, and users report less than two days. */
const renewMs = 20 * 3_600_000;
/** The list of stations is read again after this time, so that a new station needs no restart. */
const relistMs = 3_600_000;
/** EcoFlow is asked for credentials at most this often. */
const certifyMs = 60_000;
/** Another client id at most this often. */
const newIdMs = 3_600_000;
/** A connection that lasted this long was a good one. */
const goodMs = 60_000;

/** An open connection. */
interface Up {
  session: CloudSession;
  identity: Identity;
  since: Instant;
}

export class Link {
  readonly #parts: CloudParts;
  readonly #kept: Kept;
  readonly #streams: Streams;
  readonly #quota: Quota;
  readonly #trouble: Trouble;
  #entered: { at: Instant; account: Entered } | null = null;
  #certified: { at: Instant; credentials: Certification } | null = null;
  #up: Up | null = null;
  #busy = false;
  #stopped = false;
  /** When the next attempt, or the next renewal of a living connection, may begin. */
  #nextAt: Instant;
  /** Failures in a row of the same kind. */
  #tries = 0;
  #failing: CloudProblem["kind"] | null = null;
  #short = 0;
  #newIdAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(parts: CloudParts) {
    this.#parts = parts;
    this.#kept = new Kept(parts);
    this.#streams = new Streams(parts);
    this.#quota = new Quota(parts, this.#streams);
    this.#trouble = new Trouble(parts);
    this.#nextAt = parts.room.clock.now();
  }

  /** Begins with what is known from the last start; the network is not waited for. */
  start(): () => void {
    const { room } = this.#parts;
    this.#kept.announce();
    this.#streams.watch(this.#kept.serials, room.clock.now());
    room.onTick((at) => this.#tick(at));
    this.#tick(room.clock.now());
    return () => {
      this.#stopped = true;
      this.#up?.session.close();
      this.#up = null;
    };
  }

  #tick(at: Instant) {
    if (!this.#busy && at >= this.#nextAt) {
      if (this.#up === null) this.#run(() => this.#connect());
      else if (this.#isOld(at)) this.#run(() => this.#renew());
      else if (at - (this.#entered?.at ?? at) >= relistMs) this.#run(() => this.#relist());
    }
    if (this.#up !== null && !this.#busy) {
      this.#streams.ask(this.#up.identity, this.#up.session, at);
      this.#watch(at);
    }
    if (this.#entered !== null) this.#quota.tick(this.#entered.account, at);
    const { serials, heardAt } = this.#streams;
    const isHeard = this.#streams.areHeard(at);
    const isSilent = this.#up !== null && !isHeard && this.#streams.areLate(at);
    const up = this.#up !== null && isHeard;
    this.#trouble.tick(at, { up, isSilent, stations: serials.length, heardAt });
  }

  #isOld = (at: Instant) => at - (this.#certified?.at ?? at) >= renewMs;

  /** One piece of work at a time. Every wait in it is bounded by the doors. */
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
    this.#again(problem);
    if (problem.kind === "kicked") this.#leaveId();
  }

  #again(problem: Pick<CloudProblem, "kind">) {
    const { room, random } = this.#parts;
    if (problem.kind !== this.#failing) this.#tries = 0;
    this.#failing = problem.kind;
    this.#nextAt = room.clock.now() + againAfterSec(problem, this.#tries, random()) * 1_000;
    this.#tries++;
  }

  /** The app's API takes any id, so a new one ends the contest; the developer API counts ids. */
  #leaveId() {
    const at = this.#parts.room.clock.now();
    if (this.#parts.account.api !== "ecoflow-app" || at - this.#newIdAt < newIdMs) return;
    this.#newIdAt = at;
    this.#short = 0;
    this.#kept.changeClientId();
    this.#parts.room.log.info("connects under another client id from now on");
  }

  async #connect() {
    const entered = await this.#enter();
    if (entered === null) return;
    const credentials = await this.#certify(entered);
    if (credentials === null || this.#stopped) return;
    const { account, connect, room } = this.#parts;
    const { userId } = entered;
    const identity = { api: account.api, account: credentials.account, userId };
    const own: { ended: boolean } = { ended: false };
    const outcome = await connect({
      certification: credentials,
      clientId: clientIdOf(identity, this.#kept.clientId),
      heard: (topic, bytes) => {
        if (!own.ended && !this.#stopped) this.#streams.take(identity, topic, bytes);
      },
      onLost: () => {
        if (own.ended) return;
        own.ended = true;
        this.#lost(credentials.host);
      },
    });
    if ("fault" in outcome) return this.#refused(outcome, credentials);
    if (own.ended) return;
    if (this.#stopped) return outcome.session.close();
    const close = () => {
      own.ended = true;
      outcome.session.close();
    };
    this.#up = { session: { ...outcome.session, close }, identity, since: room.clock.now() };
    await this.#subscribe(this.#up, this.#streams.serials);
  }

  async #enter(): Promise<Entered | null> {
    if (this.#entered !== null) return this.#entered.account;
    const { account, room } = this.#parts;
    const entered = await account.enter(this.#kept.url);
    if ("problem" in entered) {
      this.#fail(entered.problem);
      return null;
    }
    if (this.#stopped) return null;
    if (entered.told !== "") room.log.info(entered.told);
    this.#entered = { at: room.clock.now(), account: entered };
    this.#learn(entered);
    return entered;
  }

  #learn({ host, stations }: Entered): string[] {
    this.#kept.learn(host.url, stations);
    return this.#streams.watch(this.#kept.serials, this.#parts.room.clock.now());
  }

  async #certify(entered: Entered): Promise<Certification | null> {
    if (this.#certified !== null) return this.#certified.credentials;
    const { account, room } = this.#parts;
    const answer = await account.certification(entered);
    if ("problem" in answer) {
      if (answer.problem.kind === "token-expired") this.#entered = null;
      this.#fail(answer.problem);
      return null;
    }
    this.#certified = { at: room.clock.now(), credentials: answer };
    return answer;
  }

  /** Credentials that the broker refuses are thrown away; old ones are renewed at once, fresh ones after a wait. */
  #refused(
    { fault, said, refused }: { fault: CloudProblem["kind"]; said: string; refused: boolean },
    at: Certification,
  ) {
    const { account, room } = this.#parts;
    const age = room.clock.now() - (this.#certified?.at ?? 0);
    if (refused) {
      this.#certified = null;
      this.#entered = null;
    }
    if (refused && age >= certifyMs) {
      room.log.info(
        `${at.host} refuses credentials that are ${Math.round(age / 60_000)} min old (${said}): they are renewed`,
      );
      this.#nextAt = room.clock.now();
      return;
    }
    this.#fail(problem(fault, { api: account.api, who: at.host, said }).problem);
  }

  async #subscribe(up: Up, serials: readonly string[]) {
    const { room, account } = this.#parts;
    const filters = serials.flatMap((serial) => filtersOf(up.identity, serial));
    const denied = filters.length === 0 ? [] : await up.session.subscribe(filters);
    // Null: the connection ended meanwhile, and its end was reported.
    if (denied === null || this.#up !== up) return;
    if (denied.length > 0 && denied.length === filters.length) {
      this.#end();
      return this.#fail(problem("mqtt-refused", { api: account.api, said: "it refuses all topics" }).problem);
    }
    if (denied.length > 0)
      room.log.warn(`the broker refuses ${denied.length} of ${filters.length} topics: ${denied[0]}`);
    this.#streams.begin(room.clock.now());
    this.#trouble.ends();
  }

  #lost(host: string) {
    const { room, account } = this.#parts;
    const at = room.clock.now();
    const since = this.#up?.since ?? at;
    this.#up = null;
    if (this.#stopped) return;
    this.#short = shortConnections(this.#short, since, at);
    if (at - since >= goodMs) this.#tries = 0;
    if (isKicked(this.#short)) {
      const said = `${this.#short} connections in a row ended within a minute`;
      return this.#fail(problem("kicked", { api: account.api, who: host, said }).problem);
    }
    room.log.info(`${host} closed the connection`);
    this.#again({ kind: "unreachable" });
  }

  /** Ends the connection on our side. */
  #end() {
    this.#up?.session.close();
    this.#up = null;
  }

  /** A station that is silent while the connection lives: only a new connection revives its stream. */
  #watch(at: Instant) {
    const overdue = this.#streams.overdue(at);
    const [first] = overdue;
    if (first === undefined) return;
    const who = overdue.map(({ serial }) => serial).join(", ");
    const sec = Math.round(silentSec(first, at));
    this.#parts.room.log.info(`${who} sent nothing for ${sec} s: connects again (attempt ${first.tries})`);
    this.#end();
    this.#nextAt = at;
  }

  /** Renews login and credentials of a living connection; where that fails the connection goes on with the old ones. */
  async #renew() {
    const { account, room } = this.#parts;
    const entered = await account.enter(this.#kept.url);
    const fresh = "problem" in entered ? entered : await account.certification(entered);
    if ("problem" in entered || "problem" in fresh) {
      const { problem } = fresh as { problem: CloudProblem };
      room.log.info(
        `the credentials could not be renewed (${problem.kind}); the old ones are used until they are`,
      );
      return this.#again(problem);
    }
    this.#tries = 0;
    const before = this.#certified?.credentials;
    const at = room.clock.now();
    this.#entered = { at, account: entered };
    this.#certified = { at, credentials: fresh };
    this.#learn(entered);
    const same = (Object.keys(fresh) as (keyof Certification)[]).every((key) => before?.[key] === fresh[key]);
    if (same) return;
    this.#end();
    this.#nextAt = at;
  }

  async #relist() {
    const { account, room } = this.#parts;
    const entered = this.#entered;
    if (entered === null) return;
    // Whatever comes of it, the next list is due an hour later.
    entered.at = room.clock.now();
    const answer = await account.stations(entered.account);
    if ("problem" in answer) return;
    const fresh = this.#learn({ ...entered.account, ...answer });
    if (this.#up !== null && fresh.length > 0) await this.#subscribe(this.#up, fresh);
  }
}
