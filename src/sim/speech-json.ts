/** The messages of the stations that send JSON: of the app, or of the developer API. */
import type { SimBattery } from "./battery.ts";
import { encodeJson } from "./encode-json.ts";
import { type JsonFamily, jsonFamilyOf, jsonValues } from "./speech-json-values.ts";

/** Seconds between pushes of changes, and of everything. */
const deltaSec = 3;
const fullSec = 120;

/** The developer API's `typeCode` of each module's keys (Delta 2). */
const typeCodes: Readonly<Record<string, string>> = {
  pd: "pdStatus",
  inv: "invStatus",
  mppt: "mpptStatus",
  bms_emsStatus: "emsStatus",
  bms_bmsStatus: "bmsStatus",
};

export class JsonSpeech {
  readonly #battery: SimBattery;
  readonly #family: JsonFamily;
  readonly #wire: "app" | "open";
  #told: Record<string, number> = {};

  /** `wire` is the API that hears it; the station's own by default. */
  constructor(battery: SimBattery, wire: "app" | "open" = battery.options.wire) {
    this.#battery = battery;
    this.#wire = wire;
    this.#family = jsonFamilyOf(battery.options.serial) ?? "delta2";
  }

  /** Returns the payloads of this second. `timestamp` is in the developer API's messages, ms; default: the second. */
  speak(sec: number, timestamp = sec * 1_000): Uint8Array[] {
    if (sec % deltaSec !== 0) return [];
    const now = this.values();
    const full = sec % fullSec === 0;
    const news = Object.entries(now).filter(([key, value]) => full || this.#told[key] !== value);
    this.#told = now;
    if (news.length === 0) return [];
    return this.#wire === "app"
      ? [encodeJson("app", Object.fromEntries(news))]
      : this.messages(news, timestamp);
  }

  /** Returns every key with its value now. */
  values(): Record<string, number> {
    return jsonValues(this.#battery, this.#family);
  }

  /** Returns the developer API's messages of values: a Delta 2 sends one per module with bare keys, the others one with full keys. */
  messages(news: readonly (readonly [string, number])[], timestamp: number): Uint8Array[] {
    if (this.#family !== "delta2") {
      const message = { id: timestamp, version: "1.0", timestamp, params: Object.fromEntries(news) };
      return [new TextEncoder().encode(JSON.stringify(message))];
    }
    return Object.entries(typeCodes).flatMap(([module, typeCode]) => {
      const own = news
        .filter(([key]) => key.startsWith(`${module}.`))
        .map(([key, value]) => [key.slice(module.length + 1), value] as const);
      return own.length === 0 ? [] : [encodeJson("open", Object.fromEntries(own), { typeCode, timestamp })];
    });
  }
}
