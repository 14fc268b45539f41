/** What is wrong with the emulated cloud at this moment; a scene sets it, HTTP and MQTT read it. */
import type { Instant } from "../../core/reading.ts";
import type { Clock } from "../../io/clock.ts";
import type { Account, CloudAct } from "./scene.ts";

/** An answer that a scene forces. */
export interface Forced {
  code: string;
  message: string;
}

type Lasting = "busy" | "maintenance" | "hang";

/** A station that the developer API does not serve. */
export const notAllowed: Forced = {
  code: "1006",
  message: "current device is not allowed to get device info",
};

/** Texts of the codes; those of 8513, 8521 and 1006 were observed, the others are ours. */
const texts: Readonly<Record<string, string>> = {
  "8513": "accessKey is invalid",
  "8521": "signature is wrong",
  [notAllowed.code]: notAllowed.message,
  "1007": "the device is not bound to this account",
  "6012": "the device is offline",
};

/** Throttling; only the text was observed, no source gives its code. */
export const tooBusy: Forced = { code: "500", message: "Server is too busy" };

export class Faults {
  region: Extract<CloudAct, { do: "region" }>["region"] = "right";
  /** Smallest milliseconds between two requests of a kind; 0 allows all. */
  spacingMs = { quota: 0, certification: 0 };
  readonly #clock: Clock;
  #clockOffsetMs = 0;
  readonly #until: Record<Lasting, Instant> = { busy: 0, maintenance: 0, hang: 0 };
  readonly #rivalUntil: Record<Account, Instant> = { open: 0, app: 0 };
  readonly #served = new Map<string, Instant>();
  #forced: { path: string; answer: Forced; times: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The cloud's own time, epoch ms. */
  wall(): number {
    return this.#clock.wall() + this.#clockOffsetMs;
  }

  setClock(offsetSec: number): void {
    this.#clockOffsetMs = offsetSec * 1_000;
  }

  begin(what: Lasting, sec: number): void {
    this.#until[what] = this.#clock.now() + sec * 1_000;
  }

  has(what: Lasting): boolean {
    return this.#clock.now() < this.#until[what];
  }

  beginRival(account: Account, sec: number): void {
    this.#rivalUntil[account] = this.#clock.now() + sec * 1_000;
  }

  hasRival(account: Account): boolean {
    return this.#clock.now() < this.#rivalUntil[account];
  }

  force(path: string, code: string, message: string | undefined, times: number): void {
    this.#forced.push({ path, answer: { code, message: message ?? texts[code] ?? "error" }, times });
  }

  /** Returns the forced answer to a request, and counts it. */
  forcedFor(path: string): Forced | null {
    const forced = this.#forced.find((each) => each.path === path);
    if (forced === undefined) return null;
    forced.times -= 1;
    if (forced.times <= 0) this.#forced = this.#forced.filter((each) => each !== forced);
    return forced.answer;
  }

  /** Whether a request comes too soon after the last one of its kind that was answered. */
  isTooSoon(kind: "quota" | "certification", about: string): boolean {
    const now = this.#clock.now();
    const key = `${kind} ${about}`;
    const last = this.#served.get(key);
    if (last !== undefined && now - last < this.spacingMs[kind]) return true;
    this.#served.set(key, now);
    return false;
  }
}
