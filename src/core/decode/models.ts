/** The models by the first characters of their serial numbers, with their families and batteries. */

export type Family =
  | "river3"
  | "delta3"
  | "deltapro3"
  | "stream"
  | "delta2"
  | "deltapro"
  | "river1"
  | "deltaproultra"
  | "powerstream"
  | "panel1"
  | "panel2"
  | "panel3";

export interface Model {
  readonly name: string;
  readonly family: Family;
  /** Wh by the data sheet, without extra batteries; null where the line has several. */
  readonly capacityWh: number | null;
  /** Rated AC output in watts by the data sheet. */
  readonly ratedWatts: number | null;
  /** The most it can give for a while, watts: X-Boost or surge of the data sheet. */
  readonly peakWatts: number | null;
  /** Nominal volts of a pack, for stations that report its full charge in mAh only. */
  readonly packVolts: number | null;
}

type Row = readonly [
  prefixes: string,
  name: string,
  family: Family,
  capacityWh: number | null,
  ratedWatts: number | null,
  peakWatts: number | null,
  packVolts?: number,
];

// Sources of the prefixes that docs/protocol.md does not name: R7 R8 RA, D365, DAAB are from one list (rabits/ha-ef-ble),
// D3N1 D3M1 from three (with GnoX delta3_max.py and shuette42/ecoflow-energy-ha), P321 P322 D751 D511 of GnoX's, DCAB too
// (delta_pro.py). Owners showed DCEB and P2EB (CatShape), DAEB (Shaoranlaos), DBEB, M3CB (berezhinskiy/ecoflow_exporter#24),
// PR21 (tolwi/hassio-ecoflow-cloud#873), BK01 ES21 ES22 (shuette42/ecoflow-energy-ha tests/fixtures). BK and the other STREAM:
// MichelFR/ha-ecoflow-iot KNOWN_PREFIXES.md, shuette42/ecoflow-energy-ha. From public lists that are not recorded: PR11
// and PR12 as Air, P341 as Max S, HR62 HR63 HR6C.
// Sources of the figures: capacities of R651, R655, R631, Delta 2 and Delta 3 follow from captures (full charge × cells × 3.2 V);
// R653 R654 R634 (rabits/ha-ef-ble), PR21 (tolwi#873), Delta Max and River Max their manuals (main pack alone).
// Rated output of R651, R655, R631, Delta 3, 3 Plus, Delta Pro 3, PR21 as they report it themselves (display-property.ts, 238), of
// Delta Pro (rustyy/ecoflow-api shpProperties.ts) and Delta Pro Ultra, with its peak (linspyre.com). All others are the makers'
// nominal ones, without a source to check them against. A figure is used only if the station reports none and its owner configured
// none; where sources disagree, there is none.
const rows: readonly Row[] = [
  ["R651 R655", "RIVER 3", "river3", 245, 300, 600],
  ["R653 R654", "RIVER 3", "river3", 230, 300, 600],
  ["R631 R635", "RIVER 3 Plus", "river3", 286, 600, 1200],
  ["R634", "RIVER 3 Plus", "river3", 270, 600, 1200],
  ["P231", "DELTA 3", "delta3", 1024, 1800, 2700],
  ["P351", "DELTA 3 Plus", "delta3", 1024, 1800, 2700],
  ["P321 P322", "DELTA 3 Classic", "delta3", null, null, null],
  ["D3N1", "DELTA 3 Max", "delta3", 2048, 2400, 4800],
  ["D3M1", "DELTA 3 Max Plus", "delta3", null, null, null],
  ["D751", "DELTA 3 Ultra", "delta3", null, null, null],
  ["D511", "DELTA 3 Ultra Plus", "delta3", null, null, null],
  ["PR11 PR12", "DELTA 3 1000 Air", "delta3", null, null, null],
  ["PR21", "DELTA 3 2000 Air", "delta3", 1920, 1000, null],
  ["D3E1 D3U1 D3UP", "DELTA 3", "delta3", null, null, null],
  ["MR51 MR53 MR54", "DELTA Pro 3", "deltapro3", 4096, 4000, 8000],
  ["D361 D365", "DELTA 3 1500", "delta2", 1536, 1800, 3600],
  ["R331 R335", "DELTA 2", "delta2", 1024, 1800, 2700, 51.2],
  ["P341", "DELTA 2 Max S", "delta2", null, null, null],
  ["R351 R354", "DELTA 2 Max", "delta2", 2048, 2400, 4800, 51.2],
  ["R601 R603", "RIVER 2", "delta2", 256, 300, 600],
  ["R611 R613", "RIVER 2 Max", "delta2", 512, 500, 1000, 25.6],
  ["R621 R623", "RIVER 2 Pro", "delta2", 768, 800, 1600],
  ["DCAB DCEB", "DELTA Pro", "deltapro", 3600, 3600, 7200],
  ["DAAB DAEB", "DELTA Max", "deltapro", 2016, 2400, 5000],
  ["DBEB", "DELTA mini", "deltapro", 882, 1400, 2100],
  ["P2EB", "RIVER Pro", "river1", 720, 600, 1200],
  ["M3CB", "RIVER Max", "river1", 288, 600, 1200],
  ["RA", "RIVER Max Plus", "river1", null, null, null],
  ["R7", "RIVER", "river1", null, null, null],
  ["R8", "RIVER Plus", "river1", null, null, null],
  ["", "RIVER mini", "river1", 210, 300, 600],
  ["Y711", "DELTA Pro Ultra", "deltaproultra", 6144, 7200, 10_800],
  ["HW51", "PowerStream", "powerstream", null, null, null],
  ["SP10", "Smart Home Panel", "panel1", null, null, null],
  ["HD31", "Smart Home Panel 2", "panel2", null, null, null],
  ["HR62 HR63 HR6C", "Smart Home Panel 3", "panel3", null, null, null],
  ["BK01 BK02 N011", "STREAM Microinverter", "stream", null, null, null],
  ["BK BK11 BK12 BK31 BK41 BK51 BK61 ES11 ES21 ES22", "STREAM", "stream", null, null, null],
];

/** A meter and a plug of the same product lines (colombod/ecoflow-sdk): what they measure is not a station. */
const noStations: ReadonlyMap<string, string> = new Map([
  ["BK21", "a smart meter"],
  ["HW52", "a smart plug"],
]);

/** Returns why messages under this serial give no reading, in one sentence; null for a station's serial, and without one. */
export function whyNoStation(serial: string | null): string | null {
  const prefix = serial?.slice(0, 4).toUpperCase() ?? "";
  const kind = noStations.get(prefix);
  return kind === undefined ? null : `${prefix}… is ${kind} and no station`;
}

/** All models, in the order of docs/stations.md. */
export const allModels: readonly Model[] = rows.map(
  ([, name, family, capacityWh, ratedWatts, peakWatts, packVolts]) =>
    ({ name, family, capacityWh, ratedWatts, peakWatts, packVolts: packVolts ?? null }) as const,
);

const models: ReadonlyMap<string, Model> = new Map(
  rows.flatMap(([prefixes], index) =>
    prefixes
      .split(" ")
      .filter((prefix) => prefix !== "")
      .map((prefix) => [prefix, allModels[index] as Model] as const),
  ),
);

/** Returns the prefixes of a model's serial numbers. */
export const prefixesOf = (model: Model): string[] =>
  [...models].filter(([, other]) => other === model).map(([prefix]) => prefix);

/** Two letters alone could also begin a name that an owner gave, such as a rack's, so they count only in a whole serial. */
const wholeSerial = /^[A-Z0-9]{16}$/;

/** Returns the model of a serial number or of a bare prefix such as `R655`; null for one that is not listed. */
export function modelOf(serial: string | null): Model | null {
  if (serial === null || serial.length < 4) return null;
  const prefix = serial.slice(0, 4).toUpperCase();
  if (noStations.has(prefix)) return null;
  return models.get(prefix) ?? (wholeSerial.test(serial) ? models.get(prefix.slice(0, 2)) : null) ?? null;
}

/** Returns the model that a text names: by a serial prefix in it (`RIVER 3 UPS (R655)`), else by the longest model name. */
export function modelInText(text: string): Model | null {
  for (const word of text.split(/[^A-Za-z0-9]+/)) {
    const model = word.length === 4 ? modelOf(word) : null;
    if (model !== null) return model;
  }
  const named = allModels.filter(({ name }) => text.toUpperCase().includes(name.toUpperCase()));
  return named.sort((one, other) => other.name.length - one.name.length)[0] ?? null;
}

/**
 * Returns the model of a header's product id, by its high byte as captured: 28 Delta Pro 3, 29 Delta Pro Ultra, 48 Smart Home Panel 2,
 * 69 River 3, 77 Delta 3 (Flangvik/EcoFlowUPS poc/decode_payloads.py), 140 STREAM 5000. 68 is a River 3 Plus and a STREAM
 * microinverter as well (shuette42/ecoflow-energy-ha tests/fixtures/stream/bk01_capture_masked.json), so it is left out.
 */
export function modelOfProduct(productId: number): Model | null {
  const prefix = { 28: "MR51", 29: "Y711", 48: "HD31", 69: "R655", 77: "P231", 140: "ES21" }[productId >>> 8];
  return prefix === undefined ? null : modelOf(prefix);
}

/** `productType` of a snapshot of the app, as captured; 17 and 18 by vwt12eh8 ecoflow/__init__.py. */
const productTypes: Readonly<Record<number, string>> = {
  12: "RIVER Pro",
  13: "DELTA Max",
  14: "DELTA Pro",
  15: "DELTA mini",
  17: "RIVER mini",
  18: "RIVER Plus",
  40: "Smart Home Panel",
  71: "RIVER 2 Max",
  80: "DELTA 2",
  81: "DELTA 2 Max",
};

/** Returns the model of a snapshot's `productType`, or null. */
export const modelOfProductType = (type: number | null): Model | null =>
  type === null ? null : (allModels.find(({ name }) => name === productTypes[type]) ?? null);

/** The limit for an unknown model; no known model falls faster at its peak output (S18). */
const unknownFallPercentPerMinute = 10;

/** Returns the steepest fall of the state of charge that the model's peak output explains, percent a minute (S18). */
export function steepestFall(model: Model | null): number {
  if (model === null || model.capacityWh === null || model.peakWatts === null) {
    return unknownFallPercentPerMinute;
  }
  return ((model.peakWatts / model.capacityWh) * 100) / 60;
}
