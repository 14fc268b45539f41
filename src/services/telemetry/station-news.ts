/** Lines for people about a station: heard for the first time, with its values, and a charge that is not believed yet. */
import type { SocBelief } from "../../core/filter/soc.ts";
import type { Instant, StationReading } from "../../core/reading.ts";
import type { Log } from "../../io/log.ts";

/** A meter that jumps for hours is one line in this time, so that it does not fill the log. */
const doubtEveryMs = 600_000;

/** What the belief was before an input: `accept` and doubt change it in place. */
export type BeliefBefore = Pick<SocBelief, "value" | "at" | "doubts">;

export const beliefBefore = ({ value, at, doubts }: SocBelief): BeliefBefore => ({ value, at, doubts });

export class StationNews {
  readonly #log: Pick<Log, "info">;
  /** Configured stations that were not heard yet. */
  readonly #unheard: Set<string>;
  readonly #doubtedAt = new Map<string, Instant>();

  constructor(log: Pick<Log, "info">, stations: readonly string[]) {
    this.#log = log;
    this.#unheard = new Set(stations);
  }

  /** Says once that a configured station is heard, when its charge and its mains are known. */
  heard(id: string, { soc, grid, grid_basis, ac_out_watts, out_watts, model }: StationReading): void {
    if (this.#unheard.size === 0 || soc === null || grid === "unknown" || !this.#unheard.delete(id)) return;
    const watts = ac_out_watts ?? out_watts;
    const facts = [
      `${round(soc)} %`,
      grid_basis === "none" ? `mains ${grid}` : `mains ${grid} (${grid_basis})`,
      ...(watts === null ? [] : [`${Math.round(watts)} W out`]),
      ...(model === null ? [] : [model]),
    ];
    this.#log.info(`${id} is heard: ${facts.join(", ")}`);
  }

  /** Says why a new charge is not believed yet: physics does not explain the step. */
  doubted(id: string, before: BeliefBefore, belief: SocBelief, at: Instant): void {
    if (belief.doubts === 0 || before.doubts > 0 || before.value === null) return;
    if (at - (this.#doubtedAt.get(id) ?? Number.NEGATIVE_INFINITY) < doubtEveryMs) return;
    this.#doubtedAt.set(id, at);
    const age = Math.round((at - before.at) / 1_000);
    this.#log.info(
      `${id}: ${round(belief.doubtful)} % not believed yet: was ${round(before.value)} % ${age} s ago`,
    );
  }
}

const round = (percent: number) => Math.round(percent * 10) / 10;
