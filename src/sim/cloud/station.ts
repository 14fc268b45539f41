/** A station as the cloud knows it: its battery, what it sends to each API, and the last values that reached the cloud. */
import { modelOf } from "../../core/decode/models.ts";
import { SimBattery } from "../battery.ts";
import { asCamelCase, encodeJson } from "../encode-json.ts";
import { JsonSpeech } from "../speech-json.ts";
import { ProtobufSpeech } from "../speech-protobuf.ts";
import type { CloudStationSetup, StationLink } from "./scene.ts";

/** What a station sent in one second, for each API. */
export interface Pushes {
  app: Uint8Array[];
  open: Uint8Array[];
}

/** The last values that reached the cloud; null: none yet. */
interface Cache {
  /** The answer to the app's request for everything. */
  snapshot(requestId: unknown): Uint8Array;
  /** As `quota/all` gives them. */
  values: Record<string, unknown>;
}

/** What the developer API does not serve: the River 3 line, and of the Delta 3 line this model (1006, as of 2026). */
const closedLine = "river3";
const closedModel = "DELTA 3 Plus";
/** The lines that send JSON, with the number that their snapshots carry. */
const productTypes: Readonly<Record<string, number>> = { delta2: 80, deltapro: 14 };
/** Seconds between two pushes of the last values in `repeating`. */
const repeatSec = 15;

export class CloudStation {
  readonly setup: CloudStationSetup;
  readonly battery: SimBattery;
  /** Its line sends JSON to the app; else protobuf. */
  readonly isJson: boolean;
  /** Served by the developer API. */
  isOpen: boolean;
  #link: StationLink = "live";
  #cache: Cache | null = null;
  #spokenSec = 0;
  readonly #json: { app: JsonSpeech; open: JsonSpeech } | null;
  readonly #protobuf: ProtobufSpeech | null;
  #flatTold: Record<string, unknown> = {};

  constructor(setup: CloudStationSetup) {
    this.setup = setup;
    this.battery = new SimBattery(setup);
    const model = modelOf(setup.serial);
    const family = model?.family ?? closedLine;
    this.isOpen = family !== closedLine && model?.name !== closedModel && setup.isShared !== true;
    this.isJson = family in productTypes;
    this.#json = this.isJson
      ? { app: new JsonSpeech(this.battery, "app"), open: new JsonSpeech(this.battery, "open") }
      : null;
    this.#protobuf = this.isJson ? null : new ProtobufSpeech(this.battery);
  }

  get serial(): string {
    return this.setup.serial;
  }

  /** The name of the model, as the cloud lists it. */
  get productName(): string {
    return modelOf(this.serial)?.name ?? "";
  }

  get link(): StationLink {
    return this.#link;
  }

  /** A station that comes back sends everything, as after its start. */
  setLink(link: StationLink): void {
    if (link === "live" && this.#link !== "live") this.#spokenSec = 0;
    this.#link = link;
  }

  /** What the cloud says of it; slow, so it stays true while only the values are old. */
  get isOnline(): boolean {
    return this.#link !== "offline";
  }

  /** The values that the cloud has; null before the first. */
  get values(): Readonly<Record<string, unknown>> | null {
    return this.#cache?.values ?? null;
  }

  /** The answer to the app's request for everything, from the cloud's memory; null before the first values. */
  snapshot(requestId: unknown): Uint8Array | null {
    return this.#cache?.snapshot(requestId) ?? null;
  }

  /** Lets one second pass. `wall` is the cloud's time, epoch ms. */
  second(wall: number): Pushes {
    this.battery.second();
    const sec = this.#spokenSec++;
    if (this.#link === "repeating") return sec % repeatSec === 0 ? this.#repeat(wall) : { app: [], open: [] };
    if (this.#link !== "live") return { app: [], open: [] };
    const app = this.#json?.app.speak(sec) ?? this.#protobuf?.speak(sec) ?? [];
    const open = this.#json?.open.speak(sec, wall) ?? this.#flat(sec);
    if (app.length > 0) this.#cache = this.#remember();
    return { app, open: this.isOpen ? open : [] };
  }

  #remember(): Cache {
    const { serial } = this;
    if (this.#protobuf) {
      const bytes = this.#protobuf.snapshot();
      return { snapshot: () => bytes, values: asCamelCase(this.#protobuf.values()) };
    }
    const values = this.#json?.app.values() ?? {};
    return { snapshot: (id) => this.#jsonSnapshot(id, values, serial), values };
  }

  #jsonSnapshot(id: unknown, quotaMap: Record<string, unknown>, sn: string): Uint8Array {
    const productType = productTypes[modelOf(sn)?.family ?? ""] ?? 0;
    const data = { sn, productType, model: 1, online: this.isOnline ? 1 : 0, quotaMap };
    return bytesOf({ id, version: "1.0", operateType: "latestQuotas", code: "0", data });
  }

  /** One flat object of the fields that changed; all of them each two minutes, as the station itself does. */
  #flat(sec: number): Uint8Array[] {
    if (!this.#protobuf || sec % 2 !== 0) return [];
    const now = asCamelCase(this.#protobuf.values());
    const isFull = sec % 120 === 0;
    const news = Object.entries(now).filter(([key, value]) => isFull || this.#flatTold[key] !== value);
    this.#flatTold = now;
    return news.length === 0 ? [] : [bytesOf(Object.fromEntries(news))];
  }

  /** The last values once more, dated now. Protobuf has no dates, and the developer API's flat objects have none either. */
  #repeat(wall: number): Pushes {
    const values = this.values;
    if (values === null) return { app: [], open: [] };
    const dated = { id: wall, version: "1.0", timestamp: wall, params: values };
    if (!this.#json) {
      const old = this.snapshot(null);
      return { app: old === null ? [] : [old], open: this.isOpen ? [bytesOf(values)] : [] };
    }
    return { app: [encodeJson("app", values)], open: this.isOpen ? [bytesOf(dated)] : [] };
  }
}

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
