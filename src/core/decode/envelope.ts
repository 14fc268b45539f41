/** The protobuf envelope of all newer stations: one payload, several headers, each with its own key (docs/protocol.md). */
import { BinaryReader } from "@bufbuild/protobuf/wire";

/** One header of a payload, its data unmasked. */
export interface Frame {
  cmdFunc: number;
  cmdId: number;
  /** The sender: 2 main board, 3 and 7 battery, 20 alternator charger, 32 app. */
  src: number;
  /** Its high byte names the product (`modelOfProduct`); 0 when the header has none. */
  productId: number;
  /** Headers of a push carry `version` (16), those of a reply do not (docs/protocol.md). */
  push: boolean;
  pdata: Uint8Array;
}

/** `empty`: an envelope without data, which is a request or a refusal. `isCut`: its end is missing. */
export type Envelope = { frames: Frame[] } | { unknown: string; empty?: true; isCut?: true };

/** A bound on work for foreign bytes; at most 6 headers were seen. */
const maxHeaders = 64;

interface Header {
  src: number;
  encType: number;
  seq: number;
  cmdFunc: number;
  cmdId: number;
  /** −1 when the header has none. */
  dataLen: number;
  productId: number;
  /** The header has a `version`. */
  push: boolean;
  /** Where its data begins and ends in the payload. */
  begin: number;
  end: number;
  code: string;
}

/**
 * Splits a payload into its frames and unmasks their data, which share one copy of the payload. Returns `unknown` for bytes that are
 * no envelope. Never throws.
 */
export function readEnvelope(bytes: Uint8Array): Envelope {
  try {
    return readHeaders(new BinaryReader(bytes), bytes);
  } catch {
    return { unknown: "the bytes end, or go wrong, within a protobuf field" };
  }
}

function readHeaders(reader: BinaryReader, bytes: Uint8Array): Envelope {
  const frames: Frame[] = [];
  // Unmasked in a copy, because the payload belongs to the bus; one for all headers, because buffers are costly.
  const plain = new Uint8Array(bytes);
  let code = "";
  let wrong: string | null = null;
  while (reader.pos < reader.len) {
    if (reader.uint32() !== 10) return { unknown: "no EcoFlow envelope: a field other than header (1)" };
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) return { unknown: "a header is longer than the payload", isCut: true };
    if (frames.length === maxHeaders) return { unknown: `more than ${maxHeaders} headers` };
    const header = readHeader(reader, end);
    if (header === null) return { unknown: "a field of the header is longer than the header" };
    code ||= header.code;
    const frame = frameOf(header, plain);
    if (typeof frame === "string") wrong ??= frame;
    else if (frame !== null) frames.push(frame);
  }
  if (frames.length > 0) return { frames };
  return wrong !== null
    ? { unknown: wrong }
    : { unknown: `no header with data${codeText(code)}`, empty: true };
}

/** An offline PowerStream answers with a bare code; −2 means offline (docs/protocol.md). */
function codeText(code: string): string {
  if (!/^-?\d{1,6}$/.test(code)) return "";
  return code === "-2" ? ", code -2: the station is offline" : `, code ${code}`;
}

/** Reads one header up to `end`; null when it does not end there. */
function readHeader(reader: BinaryReader, end: number): Header | null {
  const header: Header = {
    src: 0,
    encType: 0,
    seq: 0,
    cmdFunc: 0,
    cmdId: 0,
    dataLen: -1,
    productId: 0,
    push: false,
    begin: 0,
    end: 0,
    code: "",
  };
  while (reader.pos < end) readHeaderField(header, reader, end);
  return reader.pos === end ? header : null;
}

/** Returns null for a header without data, and a sentence for one that contradicts itself. `plain` gets unmasked in place. */
function frameOf(header: Header, plain: Uint8Array): Frame | string | null {
  const { cmdFunc, cmdId, src, productId, push, dataLen, begin, end } = header;
  const length = end - begin;
  if (length === 0) return null;
  if (dataLen >= 0 && dataLen !== length) return `data_len says ${dataLen}, pdata has ${length} bytes`;
  if (header.encType === 1 && src !== 32) unmask(plain, header);
  return { cmdFunc, cmdId, src, productId, push, pdata: plain.subarray(begin, end) };
}

function readHeaderField(header: Header, reader: BinaryReader, end: number): void {
  const tag = reader.uint32();
  switch (tag) {
    case (1 << 3) | 2: {
      const length = reader.uint32();
      header.begin = reader.pos;
      header.end = header.begin + length;
      if (header.end > end) throw new RangeError("pdata ends beyond its header");
      reader.pos = header.end;
      return;
    }
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
      reader.uint32();
      header.push = true;
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

function unmask(plain: Uint8Array, { begin, end, seq }: Header): void {
  const key = seq & 0xff;
  for (let i = begin; i < end; i++) plain[i] = (plain[i] as number) ^ key;
}
