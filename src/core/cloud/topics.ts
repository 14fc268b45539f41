/** Topics of EcoFlow's brokers, by API: those that we subscribe to, and the one on which we publish. */
import type { CloudApiName } from "./problems.ts";

/** Our identity at the broker: the account of the certification, and the user id of the app's login (empty on the developer API). */
export interface Identity {
  api: CloudApiName;
  account: string;
  userId: string;
}

/** The kind of a message: the station's own frame, an answer to a request, or the cloud's flag whether the station is online. */
export interface Routed {
  serial: string;
  what: "push" | "reply" | "status";
}

/** Returns the filters for one station. None has a wildcard, because EcoFlow's broker grants only exact topics. */
export function filtersOf({ api, account, userId }: Identity, serial: string): string[] {
  if (api === "ecoflow-open")
    return [`/open/${account}/${serial}/quota`, `/open/${account}/${serial}/status`];
  return [`/app/device/property/${serial}`, `/app/${userId}/${serial}/thing/property/get_reply`];
}

/** Returns the kind of a message on this topic; null for a topic that we do not subscribe to. */
export function routeOf({ api, account, userId }: Identity, topic: string): Routed | null {
  const levels = topic.split("/");
  const [, root, second = "", third = "", fourth] = levels;
  if (api === "ecoflow-open") {
    if (levels.length !== 5 || root !== "open" || second !== account) return null;
    if (fourth === "quota") return { serial: third, what: "push" };
    return fourth === "status" ? { serial: third, what: "status" } : null;
  }
  if (levels.length === 5 && topic.startsWith("/app/device/property/"))
    return { serial: fourth ?? "", what: "push" };
  const isReply = topic === `/app/${userId}/${third}/thing/property/get_reply`;
  return isReply ? { serial: third, what: "reply" } : null;
}

/** Returns the topic on which to ask a station for all its values; null for the developer API, which has no such request. */
export const askTopic = ({ api, userId }: Identity, serial: string): string | null =>
  api === "ecoflow-app" ? `/app/${userId}/${serial}/thing/property/get` : null;

/** Whether we may publish on a topic: only requests for values, never a setting. */
export const mayPublish = (topic: string): boolean =>
  /^\/app\/[^/]+\/[^/]+\/thing\/property\/get$/.test(topic);

/**
 * The client id: `id` is the account's stable random part. The broker refuses ids of the app's API that are not
 * `ANDROID_<random>_<userId>`; the developer API allows ten different ids a day.
 */
export const clientIdOf = ({ api, userId }: Identity, id: string): string =>
  api === "ecoflow-app" ? `ANDROID_${id.toUpperCase()}_${userId}` : `ecoflow-power-${id}`;

/** Whether a payload of a `status` topic reports the station as online; null if it reports neither. */
export function statusOf(json: unknown): boolean | null {
  const params = (json as { params?: { status?: unknown } } | null)?.params;
  return params?.status === 1 ? true : params?.status === 0 ? false : null;
}
