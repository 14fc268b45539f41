/** Lines for people about a station: heard for the first time, with its values, and a charge that is not believed yet. */
import type { SocBelief } from "../../core/filter/soc.ts";
import type { Instant, StationReading } from "../../core/reading.ts";
import type { Log } from "../../io/log.ts";

/** A meter that jumps for hours is one line in this time, so that it does not fill the log. */
const doubtEveryMs = 600_000;

export class StationNews {
  readonly #log: Pick<Log, "info">;
  /** Configured stations that were not heard yet. */
  readonly #unheard: Set<string>;
  readonly #doubtedAt = new Map<string, Instant>();

  constructor(log: Pick<Log, "info">, stations: readonly { id: string }[]) {
    this.#log = log;
    this.#unheard = new Set(stations.map(({ id }) => id));
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

  /** Says why the charge that came at `at` is not believed yet: physics does not explain the step from the one before. */
  doubted(id: string, { value, at: since, challengers }: SocBelief, at: Instant): void {
    const doubtful = challengers.find(({ firstAt, count }) => firstAt === at && count === 1);
    if (doubtful === undefined || value === null) return;
    if (at - (this.#doubtedAt.get(id) ?? Number.NEGATIVE_INFINITY) < doubtEveryMs) return;
    this.#doubtedAt.set(id, at);
    const age = Math.round((at - since) / 1_000);
    this.#log.info(`${id}: ${round(doubtful.value)} % not believed yet: was ${round(value)} % ${age} s ago`);
  }
}

const round = (percent: number) => Math.round(percent * 10) / 10;
