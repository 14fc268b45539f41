/** EcoFlow's regions: which hosts to ask, and which of them serves the account. */
import type { CloudProblem } from "./problems.ts";

/**
 * Hosts of the API, in the order of preference. Sources disagree on which of `api` and `api-a` is America and which is Asia, so a
 * region is named by its host, and `auto` asks all hosts.
 */
const hosts = ["api-e", "api-a", "api", "api-cn"] as const;

/** What `region` may be. */
export const regions = ["auto", ...hosts] as const;
export type Region = (typeof regions)[number];

/** A host of the API: its name for people and its address without a slash at the end. */
export interface ApiHost {
  name: string;
  url: string;
}

const hostOf = (name: string): ApiHost => ({
  name: `${name}.ecoflow.com`,
  url: `https://${name}.ecoflow.com`,
});

/** Returns the hosts to ask, at least one: the address of the configuration alone, else one region, else all. */
export function hostsOf(region: Region, apiUrl: string | null): ApiHost[] {
  if (apiUrl !== null) {
    const url = apiUrl.replace(/\/+$/, "");
    return [{ name: url.replace(/^https?:\/\//, ""), url }];
  }
  return region === "auto" ? hosts.map(hostOf) : [hostOf(region)];
}

/** The answer of one host: how many stations it lists for the account, or why it does not accept the account. */
export interface Probe {
  host: ApiHost;
  outcome: { stations: number } | { problem: CloudProblem };
}

/**
 * Returns the first host that lists a station, else the first that accepts the account, else null. A region can accept the login
 * of an account that it does not serve; it then lists no station.
 */
export function chosenHost(probes: readonly Probe[]): ApiHost | null {
  const stations = ({ outcome }: Probe) => ("stations" in outcome ? outcome.stations : -1);
  const best = probes.find((probe) => stations(probe) > 0) ?? probes.find((probe) => stations(probe) === 0);
  return best?.host ?? null;
}

/** Kinds by which a host denies the account. After any other problem it is unknown whether the host serves it. */
const refusals = ["wrong-key", "wrong-password", "wrong-signature"];

/**
 * Returns the problem to report if no host accepts the account; null if every host does. A host that could not be asked may be the
 * right one, so its problem goes first; then a wrong signature; else the refusal, with the names of all hosts.
 */
export function worstOf(probes: readonly Probe[]): CloudProblem | null {
  const problems = probes.flatMap(({ outcome }) => ("problem" in outcome ? [outcome.problem] : []));
  const open = problems.find(({ kind }) => !refusals.includes(kind));
  const [first] = problems;
  if (first === undefined) return null;
  if (open) return open;
  // Only the region that knows the access key reports a wrong signature.
  const closest = problems.find(({ kind }) => kind === "wrong-signature") ?? first;
  if (closest.kind === "wrong-signature") return closest;
  return { ...first, who: problems.map(({ who }) => who).join(", ") };
}

/** Returns one sentence on the answer of each host, for the log. */
export function probeSentence(chosen: ApiHost, probes: readonly Probe[]): string {
  const words = probes
    .filter(({ host }) => host !== chosen)
    .map(({ host, outcome }) =>
      "stations" in outcome
        ? `${host.name} accepts the account too and lists ${outcome.stations} stations`
        : `${host.name}: ${outcome.problem.kind}`,
    );
  const own = probes.find(({ host }) => host === chosen)?.outcome;
  const count = own !== undefined && "stations" in own ? own.stations : 0;
  const rest = words.length === 0 ? "" : ` (${words.join("; ")})`;
  return `${chosen.name} serves the account and lists ${count} ${count === 1 ? "station" : "stations"}${rest}`;
}
