/**
 * What two samples agree on. One wrong value must not shut a machine down, so a decision never uses a value that was heard
 * once: of the samples that are looked at together, those that are further from a shutdown bound the newest.
 */
import type { Instant } from "../../reading.ts";

/** Two samples at least this far apart confirm each other: one frame that is sent twice, or a burst, does not. */
export const agreeMs = 2_000;
/** Samples closer than this count as one, the newest: a station that floods fills no memory, and 2 s are spanned all the same. */
const apartMs = 50;

/** The quantities that enter the arithmetic of a decision, as one sample reports them; null where it does not. */
export interface Observation {
  at: Instant;
  /** Percent. */
  soc: number | null;
  /** Load at the battery, watts. */
  watts: number | null;
  /** Usable capacity, Wh. */
  capacity: number | null;
  /** Discharge limit, percent. */
  limit: number | null;
  /** Seconds. */
  runtime: number | null;
  /** Rated output, watts. */
  rated: number | null;
  /** The station gains charge on balance: by its charging flag, else by its watts. */
  gains: boolean;
}

export type Quantity = Exclude<keyof Observation, "at" | "gains">;

/** Returns the observations to look at together: the newest, and those back to the first that is old enough to confirm it. */
export function observe(recent: readonly Observation[], newest: Observation): Observation[] {
  const earlier = recent.filter(({ at }) => at <= newest.at);
  const before = earlier.at(-2);
  if (before !== undefined && newest.at - before.at < apartMs) earlier.pop();
  const enough = earlier.findLastIndex(({ at }) => newest.at - at >= agreeMs);
  return [...earlier.slice(Math.max(enough, 0)), newest];
}

/** How far two values may differ and still confirm each other. */
const slack: Readonly<Record<Quantity, (value: number) => number>> = {
  // A charge may fall, and be rounded, by two points from one sample to the next.
  soc: () => 2,
  watts: (value) => value / 4,
  capacity: (value) => value / 50,
  limit: () => 0,
  runtime: (value) => value / 4,
  rated: () => 0,
};

/** Returns the newest value of a quantity and the earlier ones that may confirm it; null while none is old enough. */
function witnesses(recent: readonly Observation[], of: Quantity) {
  const values = recent.flatMap((each) => (each[of] === null ? [] : [{ at: each.at, value: each[of] }]));
  const [first, newest] = [values[0], values.at(-1)];
  if (first === undefined || newest === undefined || newest.at - first.at < agreeMs) return null;
  const earlier = values.slice(0, -1).map(({ value }) => value);
  return { newest, earlier };
}

/** Returns a quantity that shuts down by being low: no lower than the earlier samples confirm. Null while nothing confirms it. */
export function confirmedLow(recent: readonly Observation[], of: Quantity): number | null {
  const found = witnesses(recent, of);
  if (found === null) return null;
  const floor = Math.max(...found.earlier);
  return Math.max(found.newest.value, floor - slack[of](floor));
}

/** Returns a quantity that shuts down by being high: no higher than the earlier samples confirm. Null while nothing confirms it. */
export function confirmedHigh(recent: readonly Observation[], of: Quantity): number | null {
  const found = witnesses(recent, of);
  if (found === null) return null;
  const ceiling = Math.min(...found.earlier);
  return Math.min(found.newest.value, ceiling + slack[of](ceiling));
}

/** Returns the value furthest from a shutdown that samples of a burst agree on, for one that silence follows; null where fewer than two report it. */
export function ofBurst(
  recent: readonly Observation[],
  of: Quantity,
  furthest: "low" | "high",
): number | null {
  const values = recent.flatMap((each) => each[of] ?? []);
  if (values.length < 2) return null;
  return furthest === "low" ? Math.min(...values) : Math.max(...values);
}

/** Returns since when all samples that are looked at have a charge of at most `percent`. */
export function socSince(recent: readonly Observation[], percent: number): Instant | null {
  const above = recent.findLastIndex(({ soc }) => soc !== null && soc > percent);
  return recent[above + 1]?.at ?? null;
}

/** What is remembered of a gain of charge: since when, and the highest charge in it. Null while the station gains none. */
export interface Gain {
  gainAt: Instant | null;
  gainSoc: number | null;
}

/**
 * Returns the gain after the newest sample. It ends when no sample that is looked at shows it, and begins again from here when
 * all of them are below its highest charge: a charging flag that is stuck gains nothing, and one wrong sample ends no gain.
 */
export function gainAfter({ gainAt, gainSoc }: Gain, recent: readonly Observation[], at: Instant): Gain {
  if (!recent.some(({ gains }) => gains)) return { gainAt: null, gainSoc: null };
  const socs = recent.flatMap(({ soc }) => (soc === null ? [] : [soc]));
  const [lowest, highest] = [Math.min(...socs), Math.max(...socs)];
  if (gainAt === null || (gainSoc !== null && highest < gainSoc))
    return { gainAt: at, gainSoc: socs.length === 0 ? null : lowest };
  return { gainAt, gainSoc: socs.length === 0 ? gainSoc : Math.max(gainSoc ?? lowest, lowest) };
}
