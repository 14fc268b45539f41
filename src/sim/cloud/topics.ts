/** The topics of the emulated cloud, and who may use which. */
import type { Account } from "./scene.ts";

/** Who a session belongs to: the name in its topics, and the serials of its account. */
export interface Owner {
  account: Account;
  /** The certificate account of the developer API, the user id of the app. */
  name: string;
  serials: ReadonlySet<string>;
}

export const openQuota = (account: string, serial: string) => `/open/${account}/${serial}/quota`;
export const openStatus = (account: string, serial: string) => `/open/${account}/${serial}/status`;
export const appProperty = (serial: string) => `/app/device/property/${serial}`;
export const appGet = (userId: string, serial: string) => `/app/${userId}/${serial}/thing/property/get`;
export const appGetReply = (userId: string, serial: string) => `${appGet(userId, serial)}_reply`;

/** What each account may read of a station, and write to it. A level `*` is the serial. */
const shapes = {
  open: {
    prefix: (name: string) => `/open/${name}/`,
    read: ["*/quota", "*/status", "*/get_reply", "*/set_reply"],
    write: ["*/get", "*/set"],
  },
  app: {
    prefix: (name: string) => `/app/${name}/`,
    read: ["get", "get_reply", "set", "set_reply"].map((verb) => `*/thing/property/${verb}`),
    write: ["get", "set"].map((verb) => `*/thing/property/${verb}`),
  },
} as const;

const appDevice = ["property", "status", "progress"];

/** Whether a session may subscribe a topic. Wildcards never: no client is known to use them. */
export function maySubscribe(owner: Owner, topic: string): boolean {
  if (
    owner.account === "app" &&
    appDevice.some((kind) => serialIn(topic, `/app/device/${kind}/`, "*", owner))
  )
    return true;
  return matches(owner, topic, shapes[owner.account].read);
}

/** Whether a session may publish on a topic. */
export const mayPublish = (owner: Owner, topic: string): boolean =>
  matches(owner, topic, shapes[owner.account].write);

/** The serial that a request (`…/get`) or a setting (`…/set`) is for, and which it is; null for other topics. */
export function commandOf(owner: Owner, topic: string): { serial: string; verb: "get" | "set" } | null {
  const { prefix, write } = shapes[owner.account];
  for (const shape of write) {
    const serial = serialIn(topic, prefix(owner.name), shape, owner);
    if (serial !== null) return { serial, verb: shape.endsWith("get") ? "get" : "set" };
  }
  return null;
}

const matches = (owner: Owner, topic: string, wanted: readonly string[]): boolean =>
  wanted.some((shape) => serialIn(topic, shapes[owner.account].prefix(owner.name), shape, owner) !== null);

/** The account's serial at the place of `*`; null if the topic has another shape or another serial. */
function serialIn(topic: string, prefix: string, shape: string, { serials }: Owner): string | null {
  const tail = shape.slice(1);
  if (!topic.startsWith(prefix) || !topic.endsWith(tail)) return null;
  const serial = topic.slice(prefix.length, topic.length - tail.length);
  return serials.has(serial) ? serial : null;
}
