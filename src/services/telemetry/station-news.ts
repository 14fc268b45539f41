/** Lines for the log about a station: its first reading, each change of its mains, and a charge that is doubted. */
import type { SocBelief } from "../../core/filter/soc.ts";
import { percentText } from "../../core/policy/words/sentences.ts";
import type { Instant, StationReading } from "../../core/reading.ts";
import type { Log } from "../../io/log.ts";

/** At most one line in this time, so that a meter which jumps for hours does not fill the log. */
const doubtEveryMs = 600_000;

export class StationNews {
  readonly #log: Pick<Log, "info">;
  /** Configured stations without a reading so far. */
  readonly #unheard: Set<string>;
  readonly #doubtedAt = new Map<string, Instant>();
  /** The charge that was logged as not believed yet, by station. */
  readonly #doubted = new Map<string, number>();
  /** The verdict on the mains that was logged last, by station; "unknown" is none. */
  readonly #mains = new Map<string, "present" | "lost">();

  constructor(log: Pick<Log, "info">, stations: readonly { id: string }[]) {
    this.#log = log;
    this.#unheard = new Set(stations.map(({ id }) => id));
  }

  /** Logs once that a configured station is heard, as soon as its charge and its mains are known; then each change of its mains. */
  heard(id: string, reading: StationReading): void {
    const { soc, grid, grid_basis, ac_out_watts, out_watts, model } = reading;
    if (grid === "unknown") return;
    if (this.#unheard.has(id)) {
      if (soc === null) return;
      this.#unheard.delete(id);
      const watts = ac_out_watts ?? out_watts;
      const facts = [
        percentText(soc),
        grid_basis === "none" ? `mains ${grid}` : `mains ${grid} (${grid_basis})`,
        ...(watts === null ? [] : [`${Math.round(watts)} W out`]),
        ...(model === null ? [] : [model]),
      ];
      this.#log.info(`${id} is heard: ${facts.join(", ")}`);
    } else this.#changed(id, reading, grid);
    this.#mains.set(id, grid);
  }

  /** A change that is believed, with the source that said so and its evidence. */
  #changed(id: string, { soc, grid_basis, source }: StationReading, grid: "present" | "lost") {
    const before = this.#mains.get(id);
    if (before === undefined || before === grid) return;
    const evidence = grid_basis === "none" ? "no measurement given" : grid_basis;
    const charge = soc === null ? "charge not known" : percentText(soc);
    const news = grid === "lost" ? "the mains is lost" : "the mains is back";
    this.#log.info(`${id}: ${news} (source ${source ?? "not known"}, ${evidence}); ${charge}`);
  }

  /** Logs a charge of `at` that is not believed yet, because the step from the one before is larger than physics allows. */
  doubted(id: string, { value, at: since, challengers }: SocBelief, at: Instant): void {
    this.#believed(id, value);
    const doubtful = challengers.find(({ firstAt, count }) => firstAt === at && count === 1);
    if (doubtful === undefined || value === null) return;
    if (at - (this.#doubtedAt.get(id) ?? Number.NEGATIVE_INFINITY) < doubtEveryMs) return;
    this.#doubtedAt.set(id, at);
    this.#doubted.set(id, doubtful.value);
    const age = Math.round((at - since) / 1_000);
    this.#log.info(
      `${id}: ${percentText(doubtful.value)} not believed yet: was ${percentText(value)} ${age} s ago`,
    );
  }

  /** Logs that a charge which was doubted is believed now. */
  #believed(id: string, value: number | null) {
    const doubtful = this.#doubted.get(id);
    if (doubtful === undefined || value === null || Math.abs(value - doubtful) > 1) return;
    this.#doubted.delete(id);
    this.#log.info(`${id}: ${percentText(value)} is believed now: further samples agree`);
  }
}
