/** The rhythm of stations: which message comes how often, how long they are silent, what wakes them. */
import type { Heard, Part } from "../../core/inspect/leaf.ts";
import { Survey } from "../../core/inspect/survey.ts";
import type { Wake } from "./show.ts";

/** An answer to a wake-up packet comes within this time, ms. */
const answerMs = 5_000;

/** A bound of what foreign bytes can make this remember. */
const mostWakes = 10_000;

export class Heartbeat {
  readonly survey = new Survey(true);
  /** By serial: the longest time without any message, ms. */
  readonly silences = new Map<string, number>();
  readonly wakes: Wake[] = [];
  readonly #last = new Map<string, number>();

  take(heard: Heard): void {
    const { at, sn, parts } = heard;
    this.survey.take(heard);
    const request = parts.find(isRequest);
    if (request !== undefined) {
      if (this.wakes.length < mostWakes)
        this.wakes.push({ sn, at, kind: request.because ?? request.kind, answers: [] });
      return;
    }
    const last = this.#last.get(sn) ?? at;
    this.silences.set(sn, Math.max(this.silences.get(sn) ?? 0, at - last));
    this.#last.set(sn, at);
    const wake = this.wakes.findLast((one) => one.sn === sn);
    if (wake === undefined || at - wake.at > answerMs) return;
    for (const { kind } of parts) if (!wake.answers.includes(kind)) wake.answers.push(kind);
  }
}

/** What an app sends so that a station speaks: a header without data, or a JSON request. */
const isRequest = ({ because }: Part) => because?.includes("request") === true;
