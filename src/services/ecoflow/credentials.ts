/** What an account needs to connect: its login and its MQTT credentials. Fetches them, keeps them, and renews them before they age. */
import type { Certification } from "../../core/cloud/account.ts";
import type { Instant } from "../../core/reading.ts";
import type { Entered, Outcome } from "../../io/cloud-account.ts";
import type { Kept } from "./kept.ts";
import type { CloudParts } from "./options.ts";

/** Age at which credentials are renewed. EcoFlow does not document how long they are valid; users report less than two days. */
const renewMs = 20 * 3_600_000;
/** Age at which the list of stations is read again, so that a new station needs no restart. */
const relistMs = 3_600_000;

/** A login and its MQTT credentials. */
export interface Held {
  login: Entered;
  certification: Certification;
}

export class Credentials {
  readonly #parts: CloudParts;
  readonly #kept: Kept;
  #login: { account: Entered; listedAt: Instant } | null = null;
  #certified: { certification: Certification; at: Instant; worked: boolean } | null = null;

  constructor(parts: CloudParts, kept: Kept) {
    this.#parts = parts;
    this.#kept = kept;
  }

  /** The login in force; null before the first one and after `discard`. */
  get login(): Entered | null {
    return this.#login?.account ?? null;
  }

  /** Whether the MQTT credentials are so old that they have to be renewed. */
  areOld(at: Instant): boolean {
    return this.#certified !== null && at - this.#certified.at >= renewMs;
  }

  /** Whether the list of stations has to be read again. */
  isListOld(at: Instant): boolean {
    return this.#login !== null && at - this.#login.listedAt >= relistMs;
  }

  /** Returns what is held; fetches what is missing. */
  async obtain(): Promise<Outcome<Held>> {
    const { account } = this.#parts;
    const login = this.login ?? (await account.enter(this.#kept.url));
    if ("problem" in login) return login;
    if (this.#login === null) this.#accept(login);
    const certification = this.#certified?.certification ?? (await account.certification(login));
    if ("problem" in certification) {
      if (certification.problem.kind === "token-expired") this.#login = null;
      return certification;
    }
    this.#certified ??= { certification, at: this.#now(), worked: false };
    return { login, certification };
  }

  /** Logs in again and fetches new credentials. `changed`: they differ from the old ones, which a failure leaves in force. */
  async renew(): Promise<Outcome<{ changed: boolean }>> {
    const { account } = this.#parts;
    const login = await account.enter(this.#kept.url);
    if ("problem" in login) return login;
    const certification = await account.certification(login);
    if ("problem" in certification) return certification;
    const before = this.#certified?.certification;
    this.#accept(login);
    this.#certified = { certification, at: this.#now(), worked: false };
    return { changed: !isSame(before, certification) };
  }

  /** Reads the list of stations again. After a failure the next attempt is due an hour later. */
  async relist(): Promise<void> {
    const login = this.#login;
    if (login === null) return;
    login.listedAt = this.#now();
    const answer = await this.#parts.account.stations(login.account);
    if (!("problem" in answer)) this.#kept.learn(login.account.host.url, answer.stations);
  }

  /** The broker has accepted the credentials. */
  worked(): void {
    if (this.#certified !== null) this.#certified.worked = true;
  }

  /** Discards login and credentials, because the broker refused them; returns their age, ms, and whether it had accepted them before. */
  discard(): { ageMs: number; worked: boolean } {
    const { at = 0, worked = false } = this.#certified ?? {};
    this.#login = null;
    this.#certified = null;
    return { ageMs: this.#now() - at, worked };
  }

  #accept(login: Entered) {
    if (login.probed !== null) this.#parts.room.log.info(login.probed);
    this.#login = { account: login, listedAt: this.#now() };
    this.#kept.learn(login.host.url, login.stations);
  }

  #now = (): Instant => this.#parts.room.clock.now();
}

const isSame = (one: Certification | undefined, other: Certification) =>
  (Object.keys(other) as (keyof Certification)[]).every((key) => one?.[key] === other[key]);
