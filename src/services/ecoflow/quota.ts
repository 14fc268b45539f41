/** The values of the developer API over HTTP: a slow second source, from the cloud's cache, so never a sample (S7). */
import { againAfterSec, type CloudProblem, sentenceOf } from "../../core/cloud/problems.ts";
import { partFromQuota } from "../../core/fuse/quota-part.ts";
import type { Instant } from "../../core/reading.ts";
import type { Entered } from "../../io/cloud-account.ts";
import type { CloudParts } from "./options.ts";
import type { Streams } from "./streams.ts";

/** Between two questions about one station: while its stream is silent, and while it is heard. */
const everyMs = { silent: 60_000, heard: 600_000 };

export class Quota {
  readonly #parts: CloudParts;
  readonly #streams: Streams;
  /** When each station may be asked next. */
  readonly #nextAt = new Map<string, Instant>();
  readonly #told = new Set<string>();
  #pausedUntil: Instant = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #busy = false;

  constructor(parts: CloudParts, streams: Streams) {
    this.#parts = parts;
    this.#streams = streams;
  }

  /** Asks for one station that is due, one question at a time. */
  tick(entered: Entered, at: Instant): void {
    if (this.#busy || this.#parts.account.api !== "ecoflow-open" || at < this.#pausedUntil) return;
    const due = this.#streams.serials.find((serial) => at >= (this.#nextAt.get(serial) ?? at));
    if (due === undefined) return;
    this.#busy = true;
    void this.#ask(entered, due).finally(() => {
      this.#busy = false;
    });
  }

  async #ask(entered: Entered, serial: string) {
    const { account, room, name } = this.#parts;
    const answer = await account.quota(entered, serial);
    const at = room.clock.now();
    if ("problem" in answer) return this.#fail(answer.problem, serial, at);
    this.#failures = 0;
    const wait = this.#streams.isAlive(serial, at) ? everyMs.heard : everyMs.silent;
    this.#nextAt.set(serial, at + wait);
    const read = partFromQuota(name, serial, answer.data, room.clock.wall());
    if ("part" in read) room.publish(room.topics.part, { source: name, station: serial }, read.part);
  }

  #fail(problem: CloudProblem, serial: string, at: Instant) {
    const sentence = sentenceOf(problem);
    const { log } = this.#parts.room;
    if (!this.#told.has(sentence)) log.warn(`${sentence}.`);
    this.#told.add(sentence);
    const wait = againAfterSec(problem, this.#failures, this.#parts.random()) * 1_000;
    if (problem.kind === "not-opened" || problem.kind === "station-offline") {
      if (problem.kind === "not-opened") this.#streams.excuse(serial);
      this.#nextAt.set(serial, at + wait);
      return;
    }
    this.#failures++;
    this.#pausedUntil = at + wait;
  }
}
