/** Topics of EcoFlow's brokers, by API: what we subscribe to, what came in, and the one request that we may publish. */
import type { CloudApiName } from "./problems.ts";

/** Who we are at the broker: the account of the certification, and the user id of an app login. */
export interface Identity {
  api: CloudApiName;
  account: string;
  userId: string;
}

/** What a message on a topic is: the station's own frame, its answer to a request, or its presence. */
export interface Routed {
  serial: string;
  what: "push" | "reply" | "status";
}

/** The filters for one station; none has a wildcard, because EcoFlow's broker grants only exact topics. */
export function filtersOf({ api, account, userId }: Identity, serial: string): string[] {
  if (api === "ecoflow-open")
    return [`/open/${account}/${serial}/quota`, `/open/${account}/${serial}/status`];
  return [`/app/device/property/${serial}`, `/app/${userId}/${serial}/thing/property/get_reply`];
}

/** What a message on this topic is; null for a topic that we did not ask for. */
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

/** The topic on which a station is asked for all its values; null for the developer API, which knows no such request. */
export const askTopic = ({ api, userId }: Identity, serial: string): string | null =>
  api === "ecoflow-app" ? `/app/${userId}/${serial}/thing/property/get` : null;

/** Whether we may publish on a topic: we never write to a station. */
export const mayPublish = (topic: string): boolean =>
  /^\/app\/[^/]+\/[^/]+\/thing\/property\/get$/.test(topic);

/**
 * The client id: `id` is the account's stable random part. The broker refuses ids of the app's API that are not
 * `ANDROID_<random>_<userId>`; the developer API allows ten different ids a day.
 */
export const clientIdOf = ({ api, userId }: Identity, id: string): string =>
  api === "ecoflow-app" ? `ANDROID_${id.toUpperCase()}_${userId}` : `ecoflow-power-${id}`;

/** Whether the payload of a `status` topic says that the station is connected; null where it says neither. */
export function statusOf(json: unknown): boolean | null {
  const params = (json as { params?: { status?: unknown } } | null)?.params;
  return params?.status === 1 ? true : params?.status === 0 ? false : null;
}
