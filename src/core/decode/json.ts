/** Splits JSON of a station into messages, in every shape: of the app, of the developer API, of HTTP (docs/protocol.md). */
import { cmsHeartBeatReport } from "./fields/cms-heartbeat.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { runtimePropertyUpload } from "./fields/runtime-property.ts";
import { protoPushAndSet, protoTime } from "./fields/smart-home-panel2.ts";
import type { Table } from "./fields/table.ts";
import { messageNamed } from "./index.ts";

/** Fields of one message; `message` is null for keys that contain their module (`pd.soc`). */
export interface JsonPart {
  message: string | null;
  fields: Record<string, unknown>;
}

export interface JsonPayload {
  parts: JsonPart[];
  /** An answer that may come from a cache. */
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

/** `typeCode` of the developer API → the prefix of its keys. */
const typeCodes: ReadonlyMap<string, string> = new Map([
  ["pdStatus", "pd"],
  ["mpptStatus", "mppt"],
  ["emsStatus", "bms_emsStatus"],
  ["bmsStatus", "bms_bmsStatus"],
  ["bmsInfo", "bms_bmsInfo"],
  ["invStatus", "inv"],
  ["bmsSlaveStatus", "bms_slave"],
  ["bmsSlaveStatus_1", "bms_slave_bmsSlaveStatus_1"],
  ["bmsSlaveStatus_2", "bms_slave_bmsSlaveStatus_2"],
]);

/** A key that begins with one of these has its prefix already. */
const prefixes: ReadonlySet<string> = new Set(typeCodes.values());

/** No station nests deeper; a bound on work for foreign bytes. */
const deepest = 4;

/** Splits a JSON payload into messages; `unknown` is one sentence why there is none. Never throws. */
export function readJson(value: unknown): JsonPayload | { unknown: string } {
  if (!isRecord(value)) return { unknown: "JSON, but no object" };
  const refusal = refuse(value);
  if (refusal !== null) return { unknown: refusal };
  const parts = partsOf(value, 0);
  if (parts.length === 0) return { unknown: "JSON without any value of a station" };
  const data = isRecord(value["data"]) ? value["data"] : null;
  const about = data ?? value;
  return {
    parts,
    reply: "operateType" in value || data !== null,
    timestamp: timeOf(value["timestamp"]),
    serial: typeof about["sn"] === "string" ? about["sn"] : null,
    productType: typeof about["productType"] === "number" ? about["productType"] : null,
  };
}

/** Returns epoch ms, also from text; null for anything else. */
function timeOf(timestamp: unknown): number | null {
  if (typeof timestamp === "number") return timestamp;
  return typeof timestamp === "string" && /^\d+$/.test(timestamp) ? Number(timestamp) : null;
}

/** Returns why a body has no values: requests, settings, replies without data, error bodies, credentials, presence. Else null. */
function refuse(value: Json): string | null {
  const { code, message, params, data } = value;
  if (code !== undefined && code !== null && String(code) !== "0") {
    return `an error body: code ${String(code)}${typeof message === "string" ? `, ${message}` : ""}`;
  }
  if (isRecord(data) && "certificateAccount" in data) return "credentials";
  if ("secretKey" in value || "certificateAccount" in value) return "credentials";
  return refuseCommand(value) ?? (isPresence(params) ? "presence, no values" : null);
}

/** Returns why a command, or the answer to one, has no values; else null. */
function refuseCommand(value: Json): string | null {
  const { operateType, data, params, from, cmdCode } = value;
  if (cmdCode !== undefined || isConfigWrite(value) || (isRecord(params) && isCommand(params))) {
    return "a request or command of the developer API";
  }
  if (operateType === undefined) return isAcknowledgement(data) ? "a reply without data" : null;
  if (typeof from === "string") return `a request of an app (${String(operateType)})`;
  return isSnapshot(operateType, data) ? null : "a reply without data";
}

/**
 * A Smart Home Panel's pushes by `cmdSet` and `id`, with the module of their values. A SET of the developer API has such a pair too,
 * but none of these.
 */
const panelPushes: ReadonlyMap<string, string> = new Map([
  ["11_2", "heartbeat"],
  ["11_8", "cfgSta"],
  ["11_23", "gridInfo"],
]);

/** Returns the module of a panel's push that has its values beside `cmdSet` and `id`; else null. */
const moduleOfPush = ({ cmdSet, id }: Json) => panelPushes.get(`${cmdSet}_${id}`) ?? null;

/** GET of the developer API lists the values that it asks for; SET names bare values beside its `cmdSet`, and no module. */
function isCommand(params: Json): boolean {
  if ("quotas" in params) return true;
  if (!("cmdSet" in params) || moduleOfPush(params) !== null) return false;
  return !Object.entries(params).some(([key, value]) => key.includes(".") || isRecord(value));
}

/** A setting (254/17) and the station's answer (254/18) name fields as telemetry does, but are no values of the moment. */
const isConfigWrite = ({ cmdFunc, cmdId }: Json) =>
  Number(cmdFunc) === 254 && (Number(cmdId) === 17 || Number(cmdId) === 18);

const isAcknowledgement = (data: unknown) =>
  isRecord(data) && Object.keys(data).length === 1 && ("ack" in data || "result" in data);

/** The answer to `latestQuotas` has its values in a map, or is the map. */
const isSnapshot = (operateType: unknown, data: unknown) =>
  isRecord(data) &&
  (isRecord(data["quotaMap"]) ||
    (operateType === "latestQuotas" && Object.keys(data).length > 0 && !isAcknowledgement(data)));

const isPresence = (params: unknown) =>
  isRecord(params) && Object.keys(params).length === 1 && "status" in params;

/** Unwraps `data` of HTTP and of replies, and the `quotaMap` of a snapshot. */
function partsOf(value: Json, depth: number): JsonPart[] {
  for (const name of ["quotaMap", "data"]) {
    const inner = value[name];
    if (isRecord(inner) && depth < deepest) return partsOf(inner, depth + 1);
  }
  return partsOfMessage(value);
}

/** Splits an MQTT message: of the developer API by its type, address or command, of the app by `params`, or bare fields. */
function partsOfMessage(value: Json): JsonPart[] {
  const { params, param, typeCode } = value;
  if (!isRecord(params) && !isRecord(param)) return partsOfFields(value);
  const fields: Json = { ...(isRecord(params) ? params : {}), ...(isRecord(param) ? param : {}) };
  // First, because such a message may also have an address and a command that mean another message elsewhere.
  const module = typeof typeCode === "string" ? typeCodes.get(typeCode) : undefined;
  if (module !== undefined) return partsOfModule(module, fields);
  const message = nameOf(value);
  if (message !== null && Object.keys(fields).length > 0) return [{ message, fields }];
  const pushed = moduleOfPush(fields);
  if (pushed !== null) return partsOfPush(pushed, fields);
  return typeof typeCode === "string" ? partsOfModule(typeCode, fields) : partsOfFields(fields);
}

/** These messages can contain each other's fields, so each field is looked up in all of them. */
const withSisters: ReadonlySet<Table> = new Set([
  displayPropertyUpload,
  runtimePropertyUpload,
  cmsHeartBeatReport,
  protoTime,
  protoPushAndSet,
]);

/** Returns the first of address and command that names a known message; null if neither does, or if it is one `withSisters`. */
function nameOf({ addr, cmdFunc, cmdId }: Json): string | null {
  for (const name of [addr, `${cmdFunc}_${cmdId}`]) {
    const table = typeof name === "string" ? messageNamed(name) : null;
    if (table !== null) return withSisters.has(table) ? null : String(name);
  }
  return null;
}

/** A panel's push: its bare values belong to its module, and what has a module of its own keeps it. */
function partsOfPush(prefix: string, { cmdSet: _, id: __, ...fields }: Json): JsonPart[] {
  const named = ([key, field]: [string, unknown]) =>
    [key.includes(".") || isRecord(field) ? key : `${prefix}.${key}`, field] as const;
  return partsOfFields(Object.fromEntries(Object.entries(fields).map(named)));
}

function partsOfModule(prefix: string, fields: Json): JsonPart[] {
  const named = ([key, field]: [string, unknown]) =>
    [prefixes.has(key.slice(0, key.indexOf("."))) ? key : `${prefix}.${key}`, field] as const;
  return partsOfFields(Object.fromEntries(Object.entries(fields).map(named)));
}

/** Groups fields by message; they may be flat, prefixed (`pd.soc`, `20_1.batSoc`) or nested. */
function partsOfFields(fields: Json): JsonPart[] {
  const byMessage = new Map<string | null, Json>();
  const put: Put = (message, key, value) => {
    const known = byMessage.get(message) ?? {};
    known[key] = value;
    byMessage.set(message, known);
  };
  for (const [key, value] of Object.entries(fields)) spread(key, value, put, 0);
  return [...byMessage].map(([message, known]) => ({ message, fields: known }));
}

const nestedMessages =
  /^(?:[A-Z][A-Za-z]+(?:Report|Upload|Stat|Set)\d?|ProtoTime|inverter_heartbeat|hs_yj751_\w+|pd303_mc|\d+_\d+)$/;

type Put = (message: string | null, key: string, value: unknown) => void;

function spread(key: string, value: unknown, put: Put, depth: number): void {
  if (!isRecord(value) || depth === deepest) {
    putFlat(key, value, put);
    return;
  }
  if (nestedMessages.test(key)) {
    for (const [name, inner] of Object.entries(value)) put(key, name, inner);
    return;
  }
  put(null, key, value);
  const module = typeCodes.get(key) ?? key;
  for (const [name, inner] of Object.entries(value)) {
    spread(name.includes(".") ? name : `${module}.${name}`, inner, put, depth + 1);
  }
}

function putFlat(key: string, value: unknown, put: Put): void {
  const dot = key.indexOf(".");
  const prefix = key.slice(0, Math.max(0, dot));
  const module = typeCodes.get(prefix);
  if (nestedMessages.test(prefix)) put(prefix, key.slice(dot + 1), value);
  else put(null, module === undefined ? key : `${module}${key.slice(dot)}`, value);
}
