/** One payload by itself: its frames with named fields, and the reading it gives, or why it gives none . */
import { type Frame, readEnvelope } from "../core/decode/envelope.ts";
import { alternatorCharger, messageOf } from "../core/decode/index.ts";
import { readJson } from "../core/decode/json.ts";
import { modelInText, modelOf } from "../core/decode/models.ts";
import { type Named, readNamed } from "../core/decode/named.ts";
import { blankReading, type PublicReading, publicOf } from "../core/fuse/reading.ts";
import { createStation, type StationMemory, setModel, take } from "../core/station.ts";
import { encodePlain } from "../sim/encode.ts";

/** A payload with what its line knows besides. */
export interface Payload {
  id?: string;
  bytes: Uint8Array;
  /** Set when the payload is JSON. */
  json?: unknown;
  /** A text that may name the model. */
  device?: string;
  /** The command of a bare pdata without envelope. */
  command?: { cmdFunc: number; cmdId: number };
}

export interface DecodedFrame {
  cmd_func: number | null;
  cmd_id: number | null;
  /** Null where no table exists yet. */
  message: string | null;
  fields: Named | unknown;
}

export interface Decoded {
  id?: string;
  frames: DecodedFrame[];
  reading: PublicReading | null;
  /** Why there is no reading, or no frame. */
  because?: string;
  failed: boolean;
}

/** A station and its own clock: the lines of a file with several stations run through each other. */
interface Followed {
  memory: StationMemory;
  at: number;
}

/** Keeps one memory for a run of payloads (`--follow`), or judges each by itself. */
export class Decoder {
  readonly #serial: string | null;
  readonly #follow: boolean;
  readonly #followed = new Map<string, Followed>();

  constructor(serial: string | null, follow: boolean) {
    this.#serial = serial;
    this.#follow = follow;
  }

  /** `wall`: when the payload came, epoch ms; a station's clock is never taken as running back. */
  decode(payload: Payload, wall: number): Decoded {
    const id = payload.id === undefined ? {} : { id: payload.id };
    if (payload.json !== undefined) return { ...id, ...this.#json(payload, wall), failed: false };
    const bytes = payload.bytes;
    const envelope = readEnvelope(bytes);
    const enveloped = "frames" in envelope;
    if (!enveloped && payload.command === undefined) {
      const failed = !("empty" in envelope);
      return { ...id, frames: [], reading: null, because: envelope.unknown, failed };
    }
    const whole = enveloped || payload.command === undefined ? bytes : encodePlain(bytes, payload.command);
    const frames = enveloped ? envelope.frames : framesOf(whole);
    const { reading, because } = this.#judge(whole, payload, wall);
    const named = frames.map(nameFrame);
    return { ...id, frames: named, reading, ...(because === undefined ? {} : { because }), failed: false };
  }

  /** JSON has neither command nor message; its fields are its own names. */
  #json(payload: Payload, wall: number): Pick<Decoded, "frames" | "reading" | "because"> {
    const bytes = new TextEncoder().encode(JSON.stringify(payload.json));
    const frame = { cmd_func: null, cmd_id: null, message: null, fields: payload.json };
    return { frames: [frame], ...this.#judge(bytes, payload, wall) };
  }

  #judge(
    bytes: Uint8Array,
    payload: Payload,
    wall: number,
  ): { reading: Decoded["reading"]; because?: string } {
    const station = this.#stationFor(payload);
    const { memory } = station;
    station.at = Math.max(station.at, wall);
    const { at } = station;
    while (this.#follow && memory.wakeAt <= at) take(memory, { kind: "tick", at: memory.wakeAt, wall });
    const { reading, problem } = take(memory, { kind: "frame", source: "decode", bytes, at, wall });
    if (reading !== null) return { reading: publicOf(reading) };
    const because = problem ?? "the same bytes as before";
    // A station's own message that no table reads yet says nothing, and that is a reading too; a charger's says nothing of it.
    const isOwn = payload.json === undefined ? hasStrangeFrame(bytes) : isTelemetry(payload.json);
    if (!isOwn || memory.model === null) return { reading: null, because };
    return { reading: publicOf(blankReading(memory, at)), because };
  }

  #stationFor(payload: Payload): Followed {
    const key = this.#serial ?? payload.device ?? "";
    const followed = this.#followed.get(key);
    if (followed !== undefined) return followed;
    const setup = {
      id: this.#serial ?? payload.device ?? "station",
      serial: this.#serial,
      name: null,
      capacityWh: null,
      dischargeLimitPercent: null,
    };
    const memory = createStation(setup, !this.#follow);
    const told = payload.device === undefined ? null : modelInText(payload.device);
    setModel(memory, modelOf(this.#serial) ?? told);
    const station = { memory, at: 0 };
    if (this.#follow) this.#followed.set(key, station);
    return station;
  }
}

const hasStrangeFrame = (bytes: Uint8Array) =>
  framesOf(bytes).some((frame) => messageOf(frame) === null && frame.src !== alternatorCharger);

/** Keys as only stations write them: a module before a point, or the vendor's names of a protobuf field. */
const stationKey =
  /^(?:(?:pd|inv|mppt|ems|bms\w*|heartbeat|\d+_\d+|hs_\w+|pd303_mc)\.|(?:pow|cms|bms|plugInInfo|flowInfo)[A-Z])/;

/** Whether JSON tells values of a station, known to us or not; commands and answers without data do not. */
function isTelemetry(json: unknown): boolean {
  const payload = readJson(json);
  if ("unknown" in payload) return false;
  return payload.parts.some(
    ({ message, fields }) => message !== null || Object.keys(fields).some((key) => stationKey.test(key)),
  );
}

function framesOf(bytes: Uint8Array): Frame[] {
  const envelope = readEnvelope(bytes);
  return "frames" in envelope ? envelope.frames : [];
}

function nameFrame(frame: Frame): DecodedFrame {
  const table = messageOf(frame);
  const fields = table === null ? null : readNamed(table, frame.pdata);
  const message = fields === null ? null : (table?.name ?? null);
  return { cmd_func: frame.cmdFunc, cmd_id: frame.cmdId, message, fields: fields ?? {} };
}
