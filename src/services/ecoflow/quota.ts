/** The values of the developer API over HTTP: a slow second source, from the cloud's cache, so never a sample (S7). */
import { againAfterSec, type CloudProblem, sentenceOf } from "../../core/cloud/problems.ts";
import { partFromQuota } from "../../core/fuse/quota-part.ts";
import type { Instant } from "../../core/reading.ts";
import type { Entered } from "../../io/cloud-account.ts";
import type { CloudParts } from "./options.ts";
import { Retry } from "./retry.ts";
import type { Streams } from "./streams.ts";

/** Pause between two requests about one station: while its stream is silent, and while its messages arrive. */
const everyMs = { silent: 60_000, heard: 600_000 };

/** Problems of one station; all others concern the account, so all its requests pause. */
const ofOneStation: readonly CloudProblem["kind"][] = ["not-opened", "station-offline"];

export class Quota {
  readonly #parts: CloudParts;
  readonly #streams: Streams;
  /** When the next request about each station is due. */
  readonly #nextAt = new Map<string, Instant>();
  /** For the requests of the whole account. */
  readonly #retry: Retry;
  #busy = false;

  constructor(parts: CloudParts, streams: Streams) {
    this.#parts = parts;
    this.#streams = streams;
    this.#retry = new Retry(parts.random);
  }

  /** Requests the values of one station that is due; one request at a time. */
  tick(login: Entered, at: Instant): void {
    if (this.#busy || this.#parts.account.api !== "ecoflow-open" || !this.#retry.isDue(at)) return;
    const due = this.#streams.serials.find((serial) => at >= (this.#nextAt.get(serial) ?? at));
    if (due === undefined) return;
    this.#busy = true;
    void this.#request(login, due).finally(() => {
      this.#busy = false;
    });
  }

  async #request(login: Entered, serial: string) {
    const { account, room, name } = this.#parts;
    const answer = await account.quota(login, serial);
    const at = room.clock.now();
    if ("problem" in answer) return this.#fail(answer.problem, serial, at);
    this.#retry.succeeded();
    const wait = this.#streams.isAlive(serial, at) ? everyMs.heard : everyMs.silent;
    this.#nextAt.set(serial, at + wait);
    const read = partFromQuota(name, serial, answer.data, room.clock.wall());
    if ("part" in read) room.publish(room.topics.part, { source: name, station: serial }, read.part);
  }

  #fail(problem: CloudProblem, serial: string, at: Instant) {
    const sentence = sentenceOf(problem);
    this.#parts.once.warn(sentence, `${sentence}.`);
    if (!ofOneStation.includes(problem.kind)) return this.#retry.failed(problem, at);
    this.#nextAt.set(serial, at + againAfterSec(problem, 0, this.#parts.random()) * 1_000);
    if (problem.kind === "not-opened") this.#streams.excuse(serial);
  }
}
