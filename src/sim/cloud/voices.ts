/** What the lines of stations send to the cloud: pushes for each API, and answers to the app's request for all values. */
import { jsonObject } from "../../core/bounded-json.ts";
import { readEnvelope } from "../../core/decode/envelope.ts";
import type { SimBattery } from "../battery.ts";
import { asCamelCase, encodeJson } from "../encode-json.ts";
import { JsonSpeech } from "../speech-json.ts";
import { type JsonFamily, jsonFamilyOf } from "../speech-json-values.ts";
import {
  framesOf,
  isDue,
  isMessageLine,
  messagesOf,
  openMessagesOf,
  quotaOf,
  replyOf,
  type Spoken,
} from "../speech-messages.ts";
import { type Parts, ProtobufSpeech } from "../speech-protobuf.ts";
import { refusalBytes } from "./reply.ts";

/** What a station sent in one second, for each API. */
export interface Pushes {
  app: Uint8Array[];
  open: Uint8Array[];
}

export interface Voice {
  /** Returns what it pushes in this second of its session. `wall` is epoch ms. */
  speak(sec: number, wall: number): Pushes;
  /** Stores its current values in the cloud's cache. */
  remember(): void;
  /** The cached values, by the names of the developer API. */
  values(): Readonly<Record<string, unknown>>;
  /** The cached values pushed once more, dated now. */
  repeat(wall: number): Pushes;
  /** The cached values as an answer; null for a request that its line does not know. */
  answer(request: Uint8Array, isOnline: boolean): Uint8Array | null;
}

/** The lines that send JSON, with the number that their snapshots carry. */
const productTypes: Readonly<Record<JsonFamily, number>> = {
  delta2: 80,
  deltapro: 14,
  river1: 12,
  panel1: 40,
};

/** Returns the voice of a station's line. */
export function voiceOf(battery: SimBattery): Voice {
  const { serial } = battery.options;
  const family = jsonFamilyOf(serial);
  if (family !== null) return new JsonVoice(battery, serial, productTypes[family]);
  return isMessageLine(serial) ? new MessageVoice(battery) : new ProtobufVoice(battery);
}

/** River 3, Delta 3, Delta Pro 3: frames for the app, one flat object for the developer API. */
class ProtobufVoice implements Voice {
  readonly #speech: ProtobufSpeech;
  #told: Readonly<Record<string, unknown>> = {};
  #parts: Parts;

  constructor(battery: SimBattery) {
    this.#speech = new ProtobufSpeech(battery);
    this.#parts = this.#speech.parts();
  }

  speak(sec: number): Pushes {
    return { app: this.#speech.speak(sec), open: this.#flat(sec) };
  }

  remember() {
    this.#parts = this.#speech.parts();
  }

  values() {
    return flatOf(this.#parts);
  }

  /** Neither protobuf nor the flat object has a date; each frame has a new sequence number. */
  repeat(): Pushes {
    return { app: this.#speech.push(this.#parts), open: [bytesOf(this.values())] };
  }

  answer(request: Uint8Array, isOnline: boolean) {
    if (!isGetAll(request)) return null;
    return isOnline ? this.#speech.reply(this.#parts) : refusalBytes("-2");
  }

  /** The fields that changed; all of them each two minutes, as the station's own frames do. */
  #flat(sec: number): Uint8Array[] {
    if (sec % 2 !== 0) return [];
    const now = flatOf(this.#speech.parts());
    const isFull = sec % 120 === 0;
    const news = Object.entries(now).filter(([key, value]) => isFull || this.#told[key] !== value);
    this.#told = now;
    return news.length === 0 ? [] : [bytesOf(Object.fromEntries(news))];
  }
}

const flatOf = (parts: Parts) =>
  asCamelCase({ ...parts.DisplayPropertyUpload, ...parts.RuntimePropertyUpload });

/** Delta 2 and River 2 lines, first Delta Pro, River and panel: JSON for both. */
class JsonVoice implements Voice {
  readonly #app: JsonSpeech;
  readonly #open: JsonSpeech;
  readonly #serial: string;
  readonly #productType: number;
  #values: Readonly<Record<string, number>>;

  constructor(battery: SimBattery, serial: string, productType: number) {
    this.#app = new JsonSpeech(battery, "app");
    this.#open = new JsonSpeech(battery, "open");
    this.#serial = serial;
    this.#productType = productType;
    this.#values = this.#app.values();
  }

  speak(sec: number, wall: number): Pushes {
    return { app: this.#app.speak(sec), open: this.#open.speak(sec, wall) };
  }

  remember() {
    this.#values = this.#app.values();
  }

  values() {
    return this.#values;
  }

  repeat(wall: number): Pushes {
    const open = this.#open.messages(Object.entries(this.#values), wall);
    return { app: [encodeJson("app", this.#values)], open };
  }

  answer(request: Uint8Array, isOnline: boolean) {
    const { operateType, id } = jsonObject(new TextDecoder().decode(request)) ?? {};
    if (operateType !== "latestQuotas") return null;
    const data = {
      sn: this.#serial,
      productType: this.#productType,
      model: 1,
      online: isOnline ? 1 : 0,
      quotaMap: this.#values,
    };
    return bytesOf({ id, version: "1.0", operateType, code: "0", data });
  }
}

/** Delta Pro Ultra, PowerStream, Smart Home Panel 2: plain frames for the app, the same messages as JSON for the developer API. */
class MessageVoice implements Voice {
  readonly #battery: SimBattery;
  #spoken: readonly Spoken[];

  constructor(battery: SimBattery) {
    this.#battery = battery;
    this.#spoken = messagesOf(battery);
  }

  speak(sec: number): Pushes {
    return isDue(sec) ? pushesOf(messagesOf(this.#battery)) : { app: [], open: [] };
  }

  remember() {
    this.#spoken = messagesOf(this.#battery);
  }

  values() {
    return quotaOf(this.#spoken);
  }

  repeat() {
    return pushesOf(this.#spoken);
  }

  answer(request: Uint8Array, isOnline: boolean) {
    if (!isGetAll(request)) return null;
    return isOnline ? replyOf(this.#spoken) : refusalBytes("-2");
  }
}

const pushesOf = (spoken: readonly Spoken[]): Pushes => ({
  app: framesOf(spoken),
  open: openMessagesOf(spoken).map(bytesOf),
});

/** The app's request for everything: a header without data. */
function isGetAll(request: Uint8Array): boolean {
  const envelope = readEnvelope(request);
  return "unknown" in envelope && envelope.empty === true;
}

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
