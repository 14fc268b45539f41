/** JSON of a station, in every shape it comes in, to messages by name: the app's, the developer API's, HTTP bodies (ecoflow-protocol.md 3.1). */

/** Fields of one message; `message` null for keys that carry their module in themselves (`pd.soc`). */
export interface JsonPart {
  message: string | null;
  fields: Record<string, unknown>;
}

export interface JsonPayload {
  parts: JsonPart[];
  /** An answer that may come from a cache (rulings R17). */
  reply: boolean;
  /** The station's own time, epoch ms, where the message has one. */
  timestamp: number | null;
  /** Where a snapshot names the station. */
  serial: string | null;
  productType: number | null;
}

type Json = Record<string, unknown>;

const isRecord = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** `typeCode` of the developer API → the prefix of its keys (3.1). */
const typeCodes: Readonly<Record<string, string>> = {
  pdStatus: "pd",
  mpptStatus: "mppt",
  emsStatus: "bms_emsStatus",
  bmsStatus: "bms_bmsStatus",
  bmsInfo: "bms_bmsInfo",
  invStatus: "inv",
  bmsSlaveStatus: "bms_slave",
  bmsSlaveStatus_1: "bms_slave_bmsSlaveStatus_1",
  bmsSlaveStatus_2: "bms_slave_bmsSlaveStatus_2",
};

/** A key that begins so needs no prefix any more. */
const prefixes: ReadonlySet<string> = new Set(Object.values(typeCodes));

/** Deeper nesting than any station sends. */
const deepest = 4;

/** Splits a JSON payload into messages, or says in one sentence why there is nothing of a station in it. Never throws. */
export function readJson(value: unknown): JsonPayload | { unknown: string } {
  if (!isRecord(value)) return { unknown: "JSON, but no object" };
  const refusal = refuse(value);
  if (refusal !== null) return { unknown: refusal };
  const data = isRecord(value["data"]) ? value["data"] : null;
  const parts =
    data === null
      ? partsOfMessage(value)
      : partsOfFields(isRecord(data["quotaMap"]) ? data["quotaMap"] : data);
  if (parts.length === 0) return { unknown: "JSON without any value of a station" };
  const { timestamp } = value;
  return {
    parts,
    reply: "operateType" in value || data !== null,
    timestamp: typeof timestamp === "number" ? timestamp : null,
    serial: typeof data?.["sn"] === "string" ? data["sn"] : null,
    productType: typeof data?.["productType"] === "number" ? data["productType"] : null,
  };
}

/** Requests, set messages, replies without data, error bodies, credentials and presence say nothing about a station's values. */
function refuse(value: Json): string | null {
  const { code, message, params, data } = value;
  if (code !== undefined && String(code) !== "0") {
    return `an error body: code ${String(code)}${typeof message === "string" ? `, ${message}` : ""}`;
  }
  if (isRecord(data) && "certificateAccount" in data) return "credentials";
  if ("secretKey" in value || "certificateAccount" in value) return "credentials";
  return refuseCommand(value) ?? (isPresence(params) ? "presence, no values" : null);
}

/** What is asked of a station, and what it answers to that. */
function refuseCommand({ operateType, data, params, from, cmdCode }: Json): string | null {
  if (cmdCode !== undefined || isCommand(params)) return "a request or command of the developer API";
  if (operateType === undefined) return isAcknowledgement(data) ? "a reply without data" : null;
  if (typeof from === "string") return `a request of an app (${String(operateType)})`;
  return isRecord(data) && isRecord(data["quotaMap"]) ? null : "a reply without data";
}

/** SET and GET of the developer API carry their numbers beside the values (ecoflow-protocol.md 1a, 3.1). */
const isCommand = (params: unknown) => isRecord(params) && ("cmdSet" in params || "quotas" in params);

const isAcknowledgement = (data: unknown) =>
  isRecord(data) && Object.keys(data).length === 1 && ("ack" in data || "result" in data);

const isPresence = (params: unknown) =>
  isRecord(params) && Object.keys(params).length === 1 && "status" in params;

/** A message of MQTT: the developer API's frames by their marks, the app's `params`, or bare fields. */
function partsOfMessage(value: Json): JsonPart[] {
  const { params, param, typeCode, addr, cmdFunc, cmdId } = value;
  if (isRecord(param) && typeof addr === "string") return [{ message: addr, fields: param }];
  if (isRecord(param) && cmdFunc !== undefined) return [{ message: `${cmdFunc}_${cmdId}`, fields: param }];
  if (isRecord(params) && typeof addr === "string") return [{ message: addr, fields: params }];
  if (isRecord(params) && typeof typeCode === "string") {
    const prefix = typeCodes[typeCode] ?? typeCode;
    const named = ([key, field]: [string, unknown]) =>
      [prefixes.has(key.slice(0, key.indexOf("."))) ? key : `${prefix}.${key}`, field] as const;
    return partsOfFields(Object.fromEntries(Object.entries(params).map(named)));
  }
  return partsOfFields(isRecord(params) ? params : value);
}

/** Fields that may be flat, prefixed (`pd.soc`, `20_1.batSoc`) or nested by message. */
function partsOfFields(fields: Json): JsonPart[] {
  const byMessage = new Map<string | null, Json>();
  const put = (message: string | null, key: string, value: unknown) => {
    const known = byMessage.get(message) ?? {};
    known[key] = value;
    byMessage.set(message, known);
  };
  for (const [key, value] of Object.entries(fields)) spread(key, value, put, 0);
  return [...byMessage].map(([message, known]) => ({ message, fields: known }));
}

const nestedMessages =
  /^(?:[A-Z][A-Za-z]+(?:Report|Upload|Stat|Set)\d?|ProtoTime|inverter_heartbeat|hs_yj751_\w+|pd303_mc|\d+_\d+)$/;

function spread(
  key: string,
  value: unknown,
  put: (message: string | null, key: string, value: unknown) => void,
  depth: number,
): void {
  if (isRecord(value) && depth < deepest) {
    if (nestedMessages.test(key)) {
      for (const [name, inner] of Object.entries(value)) put(key, name, inner);
      return;
    }
    put(null, key, value);
    for (const [name, inner] of Object.entries(value)) {
      spread(name.includes(".") ? name : `${key}.${name}`, inner, put, depth + 1);
    }
    return;
  }
  const dot = key.indexOf(".");
  const prefix = key.slice(0, dot);
  if (dot > 0 && nestedMessages.test(prefix)) put(prefix, key.slice(dot + 1), value);
  else put(null, key, value);
}
