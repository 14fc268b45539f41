/** The protobuf envelope of all newer stations: one payload, several headers, each with its own key (ecoflow-protocol.md 3.2). */
import { BinaryReader } from "@bufbuild/protobuf/wire";

/** One header of a payload, its data already in plain. */
export interface Frame {
  cmdFunc: number;
  cmdId: number;
  /** Which board spoke: 2 main, 3 and 7 battery, 20 alternator charger, 32 app. */
  src: number;
  /** High byte names the product (`productOf`), 0 when the header has none. */
  productId: number;
  /** Headers of a push carry `version` (16), those of a reply do not (rulings R17). */
  push: boolean;
  pdata: Uint8Array;
}

/** `empty`: an envelope all the same, a request or a refusal, that holds no data. `isCut`: its end is missing. */
export type Envelope = { frames: Frame[] } | { unknown: string; empty?: true; isCut?: true };

/** More headers than any station sends (6 were seen): a bound on work for foreign bytes. */
const maxHeaders = 64;

interface Header {
  src: number;
  encType: number;
  seq: number;
  cmdFunc: number;
  cmdId: number;
  dataLen: number;
  productId: number;
  version: number;
  pdataAt: number;
  pdataLength: number;
  code: string;
}

/** Room for the data of masked frames in plain, used again by the next payload. */
export interface PlainRoom {
  bytes: Uint8Array;
  used: number;
}

/** Room for a payload's masked frames; who has thousands of payloads to read gives it to `readEnvelope` each time. */
export const makeRoom = (): PlainRoom => ({ bytes: new Uint8Array(8_192), used: 0 });

/**
 * Splits a payload into its frames and lifts the XOR. Never throws; bytes that are no envelope answer `unknown`. With `room`
 * the frames hold until the next payload that is read with it; without they are the caller's.
 */
export function readEnvelope(bytes: Uint8Array, room?: PlainRoom): Envelope {
  if (room !== undefined) room.used = 0;
  try {
    return readHeaders(new BinaryReader(bytes), bytes, room);
  } catch {
    return { unknown: "the bytes end, or go wrong, within a protobuf field" };
  }
}

function readHeaders(reader: BinaryReader, bytes: Uint8Array, room: PlainRoom | undefined): Envelope {
  const frames: Frame[] = [];
  let code = "";
  let wrong: string | null = null;
  while (reader.pos < reader.len) {
    if (reader.uint32() !== 10) return { unknown: "no EcoFlow envelope: a field other than header (1)" };
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) return { unknown: "a header is longer than the payload", isCut: true };
    if (frames.length === maxHeaders) return { unknown: `more than ${maxHeaders} headers` };
    if (!readHeader(reader, end)) return { unknown: "a field of the header is longer than the header" };
    code ||= header.code;
    const frame = frameOf(bytes, room);
    if (typeof frame === "string") wrong ??= frame;
    else if (frame !== null) frames.push(frame);
  }
  if (frames.length > 0) return { frames };
  return wrong !== null
    ? { unknown: wrong }
    : { unknown: `no header with data${codeText(code)}`, empty: true };
}

/** A PowerStream that is away answers with a bare code (ecoflow-protocol.md 2; 1a says what −2 means). */
function codeText(code: string): string {
  if (!/^-?\d{1,6}$/.test(code)) return "";
  return code === "-2" ? ", code -2: the station is offline" : `, code ${code}`;
}

/** The header that is being read; kept between headers, so that none is allocated. */
const header: Header = {
  src: 0,
  encType: 0,
  seq: 0,
  cmdFunc: 0,
  cmdId: 0,
  dataLen: -1,
  productId: 0,
  version: -1,
  pdataAt: 0,
  pdataLength: 0,
  code: "",
};

/** Field by field: a copy from a template is slow, and this runs for every header. */
function clearHeader(): void {
  header.src = 0;
  header.encType = 0;
  header.seq = 0;
  header.cmdFunc = 0;
  header.cmdId = 0;
  header.dataLen = -1;
  header.productId = 0;
  header.version = -1;
  header.pdataAt = 0;
  header.pdataLength = 0;
  header.code = "";
}

/** Reads one header up to `end`; false when it does not end there. */
function readHeader(reader: BinaryReader, end: number): boolean {
  clearHeader();
  while (reader.pos < end) readHeaderField(reader, end);
  return reader.pos === end;
}

/** Null when it carries no data, a text when it contradicts itself. */
function frameOf(bytes: Uint8Array, room: PlainRoom | undefined): Frame | null | string {
  if (header.pdataLength === 0) return null;
  if (header.dataLen >= 0 && header.dataLen !== header.pdataLength) {
    return `data_len says ${header.dataLen}, pdata has ${header.pdataLength} bytes`;
  }
  const pdata = bytes.subarray(header.pdataAt, header.pdataAt + header.pdataLength);
  const masked = header.encType === 1 && header.src !== 32;
  return {
    cmdFunc: header.cmdFunc,
    cmdId: header.cmdId,
    src: header.src,
    productId: header.productId,
    push: header.version >= 0,
    pdata: masked ? unmask(pdata, header.seq & 0xff, room) : pdata,
  };
}

function readHeaderField(reader: BinaryReader, end: number): void {
  const tag = reader.uint32();
  switch (tag) {
    case (1 << 3) | 2:
      header.pdataLength = reader.uint32();
      header.pdataAt = reader.pos;
      reader.pos += header.pdataLength;
      if (reader.pos > end) throw new RangeError("pdata ends beyond its header");
      return;
    case 2 << 3:
      header.src = reader.uint32();
      return;
    case 6 << 3:
      header.encType = reader.uint32();
      return;
    case 8 << 3:
      header.cmdFunc = reader.uint32();
      return;
    case 9 << 3:
      header.cmdId = reader.uint32();
      return;
    case 10 << 3:
      header.dataLen = reader.uint32();
      return;
    case 14 << 3:
      header.seq = reader.uint32();
      return;
    case 15 << 3:
      header.productId = reader.uint32();
      return;
    case 16 << 3:
      header.version = reader.uint32();
      return;
    case (22 << 3) | 2:
      header.code = reader.string();
      return;
    default:
      skipValue(reader, tag);
  }
}

/** Passes over a value without building it. Throws on field 0, on groups (no EcoFlow message has any) and beyond the end. */
export function skipValue(reader: BinaryReader, tag: number): void {
  if (tag < 8) throw new RangeError("field number 0");
  switch (tag & 7) {
    case 0:
      reader.uint32();
      return;
    case 1:
      reader.pos += 8;
      break;
    case 2: {
      // Not `pos += uint32()`: the left side would be read before the length is.
      const length = reader.uint32();
      reader.pos += length;
      break;
    }
    case 5:
      reader.pos += 4;
      break;
    default:
      throw new RangeError(`wire type ${tag & 7}`);
  }
  if (reader.pos > reader.len) throw new RangeError("a value ends beyond its message");
}

/** A copy: the given bytes belong to the bus. */
function unmask(pdata: Uint8Array, key: number, room: PlainRoom | undefined): Uint8Array {
  if (key === 0) return pdata;
  const plain = room === undefined ? new Uint8Array(pdata.length) : takeRoom(room, pdata.length);
  for (let i = 0; i < plain.length; i++) plain[i] = (pdata[i] as number) ^ key;
  return plain;
}

function takeRoom(room: PlainRoom, length: number): Uint8Array {
  // What is larger than any real payload gets bytes of its own: foreign bytes do not make the room grow.
  if (room.used + length > room.bytes.length) return new Uint8Array(length);
  const begin = room.used;
  room.used += length;
  return room.bytes.subarray(begin, room.used);
}
