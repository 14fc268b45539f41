/** Encodes the JSON of older stations, and frames of the protobuf messages of other lines than River 3. */

import { quota } from "../core/decode/fields/quota.ts";
import { camelCase } from "../core/decode/fields/table.ts";
import { messageOf } from "../core/decode/index.ts";
import { encodeMessage, encodePlain, type Fields, type HeaderOptions } from "./encode.ts";

export interface JsonOptions {
  /** The developer API's kind of message: `pdStatus`, `invStatus` … */
  typeCode?: string;
  /** Epoch ms; the developer API's messages carry one. */
  timestamp?: number;
  /** The serial in a snapshot. */
  serial?: string;
}

/**
 * Encodes one message: `app` pushes `{params}` with full keys, `snapshot` answers `latestQuotas`, `open` is the developer API's message
 * of one `typeCode` with bare keys, `quota-all` an HTTP body.
 */
export function encodeJson(
  shape: "app" | "snapshot" | "open" | "quota-all",
  fields: Readonly<Record<string, unknown>>,
  { typeCode, timestamp, serial = "R331ZEB4XXXXXXXX" }: JsonOptions = {},
): Uint8Array {
  const shapes = {
    app: { params: fields },
    snapshot: {
      id: 1,
      version: "1.0",
      operateType: "latestQuotas",
      code: "0",
      data: { sn: serial, online: 1, quotaMap: fields },
    },
    open: {
      id: 1,
      version: "1.0",
      ...(timestamp === undefined ? {} : { timestamp }),
      moduleType: 1,
      typeCode,
      params: fields,
    },
    "quota-all": { code: "0", message: "Success", data: fields },
  };
  return new TextEncoder().encode(JSON.stringify(shapes[shape]));
}

/** Encodes any message that has a table, by its command; a push unless the header is another. Throws on a command without a table. */
export function encodeMessageFrame(
  cmdFunc: number,
  cmdId: number,
  fields: Fields,
  header: HeaderOptions = {},
): Uint8Array {
  const table = messageOf({ cmdFunc, cmdId });
  if (table === null) throw new RangeError(`no table for ${cmdFunc}/${cmdId}`);
  return encodePlain(encodeMessage(table, fields), { cmdFunc, cmdId }, header);
}

/** Returns the fields of a protobuf message as the developer API spells them: `pow_get_ac_in` → `powGetAcIn`. */
export const asCamelCase = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [camelCase(name), value]));

/** Every JSON key that the decoder reads. */
export const jsonKeys: readonly string[] = quota.fields.map(({ name }) => name);
