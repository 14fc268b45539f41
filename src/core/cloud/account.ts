/** Reads what an account's answers hold: its login, its MQTT credentials, its stations. */
import { objectOrNull } from "../bounded-json.ts";

/** Credentials for EcoFlow's broker; host and port come from the answer, never from a constant. */
export interface Certification {
  account: string;
  password: string;
  host: string;
  port: number;
  tls: boolean;
}

/** A device of the account. */
export interface CloudStation {
  serial: string;
  /** Its name in the app; null where the cloud reports none. */
  name: string | null;
  /** EcoFlow's name of the product, or null. */
  product: string | null;
  /** The cloud's flag, which is updated late; null where it reports none. */
  online: boolean | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** A text of at most 200 printable characters, or null. */
function textOf(value: unknown): string | null {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(text) ? text : null;
}

/** A serial becomes one level of a topic, so it may hold no separator or wildcard. */
const serialShape = /^[A-Za-z0-9_-]{4,40}$/;
const hostShape = /^[A-Za-z0-9.-]{1,253}$/;

/** The token and the user id of a login; null if one is missing. */
export function readLogin(data: unknown): { token: string; userId: string } | null {
  const fields = objectOrNull(data);
  const token = fields?.["token"];
  const userId = textOf(objectOrNull(fields?.["user"])?.["userId"]);
  // The user id becomes a level of a topic, the token a header.
  if (typeof token !== "string" || !/^[\x21-\x7e]{1,8000}$/.test(token)) return null;
  return userId !== null && serialShape.test(userId) ? { token, userId } : null;
}

/** The MQTT credentials of a certification; null if one is missing or malformed. */
export function readCertification(data: unknown): Certification | null {
  const fields = objectOrNull(data);
  const account = textOf(fields?.["certificateAccount"]);
  const password = textOf(fields?.["certificatePassword"]);
  const host = textOf(fields?.["url"]);
  const port = Number(fields?.["port"]);
  const protocol = fields?.["protocol"] ?? "mqtts";
  if (account === null || password === null || host === null) return null;
  if (!hostShape.test(host) || !/^[^/+#\s]+$/.test(account)) return null;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return null;
  return { account, password, host, port, tls: protocol !== "mqtt" };
}

/** The stations of the developer API's list; null if it is no list. */
export function readOpenDevices(data: unknown): CloudStation[] | null {
  if (!Array.isArray(data)) return null;
  return data.flatMap((item) => stationOf(objectOrNull(item)?.["sn"], objectOrNull(item)));
}

/** The stations of the app's list, its own and those shared with it; null if it is no list. */
export function readAppDevices(data: unknown): CloudStation[] | null {
  const fields = objectOrNull(data);
  const groups = [fields?.["bound"], fields?.["share"]].filter(
    (group) => group !== undefined && group !== null,
  );
  if (fields === null || (groups.length === 0 && Object.keys(fields).length > 0)) return null;
  const found = groups.flatMap((group) =>
    Object.entries(objectOrNull(group) ?? {}).flatMap(([serial, item]) =>
      stationOf(serial, objectOrNull(item)),
    ),
  );
  return [...new Map(found.map((station) => [station.serial, station])).values()];
}

function stationOf(serial: unknown, item: Fields | null): CloudStation[] {
  if (typeof serial !== "string" || !serialShape.test(serial)) return [];
  const online = item?.["online"] ?? item?.["deviceOnline"];
  return [
    {
      serial,
      name: textOf(item?.["deviceName"]) ?? textOf(item?.["name"]),
      product: textOf(item?.["productName"]),
      online: online === undefined || online === null ? null : Number(online) === 1,
    },
  ];
}
