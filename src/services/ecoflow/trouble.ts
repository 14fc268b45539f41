/** The health of an EcoFlow source: publishes it, logs each problem, and raises and ends the alarm. */
import { event, noticeOf, over, type RoomEvent } from "../../contract/journal.ts";
import type { SourceHealth } from "../../contract/messages/station.ts";
import { type CloudProblem, needsPerson, sentenceOf } from "../../core/cloud/problems.ts";
import type { Instant } from "../../core/reading.ts";
import type { CloudParts } from "./options.ts";

/** A problem that passes by itself raises the alarm only after this time. */
const patienceMs = 300_000;
/** The health is published again after this time, so that `heard_at` does not age without a change. */
const repeatMs = 60_000;

/** The state of the source besides its problem. */
interface State {
  /** Connected, and messages of a station arrive. */
  up: boolean;
  /** Connected, and no station sends anything although each has had enough time. */
  isSilent: boolean;
  stations: number;
  /** Epoch ms of the newest message; null before the first. */
  heardAt: number | null;
}

/** Each silent station raises an alarm of its own, so this sentence is only in the health. */
const silence =
  "connected to EcoFlow, but no station of the account sends anything: check that the stations are on and in the Wi-Fi; opening the app once may wake them";

export class Trouble {
  readonly #parts: CloudParts;
  #now: { problem: CloudProblem; sentence: string; since: Instant; alarmed: boolean } | null = null;
  /** The sentence of the alarm that is raised; null without one. */
  #alarmed: string | null = null;
  #health: SourceHealth | null = null;
  #publishedAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(parts: CloudParts) {
    this.#parts = parts;
  }

  /** Notes a problem; logs its sentence unless it is the same as before. */
  begins(problem: CloudProblem): void {
    const { log, clock } = this.#parts.room;
    const sentence = sentenceOf(problem);
    if (this.#now?.sentence !== sentence) log.warn(`${sentence}.`);
    // Several kinds in a row are one problem: its age counts from the first.
    const since = this.#now?.since ?? clock.now();
    this.#now = { problem, sentence, since, alarmed: this.#alarmed === sentence };
  }

  /** Ends the problem and its alarm. */
  ends(): void {
    if (this.#now !== null) this.#parts.room.log.info("connected again");
    this.#now = null;
    if (this.#alarmed !== null) this.#report(over("source-trouble", { source: this.#parts.name }));
    this.#alarmed = null;
  }

  /** Raises the alarm when it is due, and publishes the health when it changed. */
  tick(at: Instant, state: State): void {
    const now = this.#now;
    if (now && !now.alarmed && (needsPerson(now.problem) || at - now.since >= patienceMs)) {
      now.alarmed = true;
      this.#alarmed = now.sentence;
      this.#report(event("source-trouble", { source: this.#parts.name, problem: now.sentence }));
    }
    this.#publish(at, state);
  }

  #publish(at: Instant, { up, isSilent, stations, heardAt }: State) {
    const { room, name, account } = this.#parts;
    const before = this.#health;
    const problem = this.#now?.sentence ?? (isSilent ? silence : null);
    const same = before?.up === up && before.problem === problem && before.stations === stations;
    if (same && at - this.#publishedAt < repeatMs) return;
    const since = before?.up === up ? before.since : room.clock.wall();
    this.#health = { kind: account.api, up, since, problem, stations, heard_at: heardAt };
    this.#publishedAt = at;
    room.publish(room.topics.source, { source: name }, this.#health);
  }

  #report(news: RoomEvent) {
    const { room } = this.#parts;
    room.publish(room.topics.notice, {}, noticeOf(room.clock.wall() / 1_000, news));
  }
}
