/** What a serial number's first characters say: model, family, and what its battery can do (prefixes: ecoflow-protocol.md 5.1 and 7). */

export type Family = "river3" | "delta3" | "deltapro3";

export interface Model {
  readonly name: string;
  readonly family: Family;
  /** Wh by the data sheet, without extra batteries; null where the line has several. */
  readonly capacityWh: number | null;
  /** Rated AC output in watts by the data sheet. */
  readonly ratedWatts: number | null;
  /** The most it can give for a while, watts: X-Boost or surge of the data sheet. */
  readonly peakWatts: number | null;
}

type Row = readonly [
  prefixes: string,
  name: string,
  family: Family,
  capacityWh: number | null,
  ratedWatts: number | null,
  peakWatts: number | null,
];

// Capacity, rated and peak output are those of the vendor's data sheets; the capacities of River 3, River 3 Plus and
// Delta 3 also follow from captured full_cap × cells × 3.2 V (ecoflow-protocol.md 3.4).
const rows: readonly Row[] = [
  ["R651 R653 R654 R655", "RIVER 3", "river3", 245, 300, 600],
  ["R631 R634 R635", "RIVER 3 Plus", "river3", 286, 600, 1200],
  ["P231", "DELTA 3", "delta3", 1024, 1800, 2700],
  ["P351", "DELTA 3 Plus", "delta3", 1024, 1800, 2700],
  ["D3M1", "DELTA 3 Max", "delta3", 2048, 2400, 4800],
  ["D3N1", "DELTA 3", "delta3", 1024, 1800, 2700],
  ["D3E1 D3U1 D3UP PR11 PR12 PR21", "DELTA 3", "delta3", null, null, null],
  ["MR51 MR53 MR54", "DELTA Pro 3", "deltapro3", 4096, 4000, 8000],
];

const models: ReadonlyMap<string, Model> = new Map(
  rows.flatMap(([prefixes, name, family, capacityWh, ratedWatts, peakWatts]) =>
    prefixes
      .split(" ")
      .map((prefix) => [prefix, { name, family, capacityWh, ratedWatts, peakWatts }] as const),
  ),
);

/** The model of a serial number (also a bare prefix such as `R655`), or null for one that is not listed. */
export function modelOf(serial: string | null): Model | null {
  return serial === null ? null : (models.get(serial.slice(0, 4).toUpperCase()) ?? null);
}

/** The model that a text speaks of: a serial prefix in it (`RIVER 3 UPS (R655)`), else the longest model name. */
export function modelInText(text: string): Model | null {
  for (const word of text.split(/[^A-Za-z0-9]+/)) {
    const model = word.length === 4 ? modelOf(word) : null;
    if (model !== null) return model;
  }
  const named = [...models.values()].filter(({ name }) => text.toUpperCase().includes(name.toUpperCase()));
  return named.sort((one, other) => other.name.length - one.name.length)[0] ?? null;
}

/** The model of a header's product id, seen in captures: 68 = River 3 Plus, 69 = River 3, 28 = Delta Pro 3. */
export function modelOfProduct(productId: number): Model | null {
  const prefix = { 28: "MR51", 68: "R631", 69: "R655" }[productId >>> 8];
  return prefix === undefined ? null : modelOf(prefix);
}

/** Falls that no output explains, for a model that is not known (hard-cases S18). */
const unknownFallPercentPerMinute = 10;

/** The steepest fall of the state of charge that the model's peak output explains, percent a minute (hard-cases S18). */
export function steepestFall(model: Model | null): number {
  if (model === null || model.capacityWh === null || model.peakWatts === null) {
    return unknownFallPercentPerMinute;
  }
  return ((model.peakWatts / model.capacityWh) * 100) / 60;
}
