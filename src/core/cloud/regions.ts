/** EcoFlow's regions: which hosts to ask, and which of those that answered serves the account. */
import type { CloudProblem } from "./problems.ts";

/**
 * Hosts of the API, in the order of preference. Sources disagree on what `api` and `api-a` are (America, Asia), so a region is
 * named by its host, and all are asked until one accepts the account.
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

/** How one host answered: it accepts the account and lists so many stations, or it does not. */
export interface Probe {
  host: ApiHost;
  outcome: { stations: number } | { problem: CloudProblem };
}

/**
 * Chooses among hosts that were all asked: the first that lists a station, else the first that accepts the account. A login may
 * be accepted by a region whose broker never delivers, and such a region lists nothing.
 */
export function chosenHost(probes: readonly Probe[]): ApiHost | null {
  const stations = ({ outcome }: Probe) => ("stations" in outcome ? outcome.stations : -1);
  const best = probes.find((probe) => stations(probe) > 0) ?? probes.find((probe) => stations(probe) === 0);
  return best?.host ?? null;
}

/** Kinds that say that the account is none of this host; anything else says only that the host could not tell. */
const refusals = ["wrong-key", "wrong-password", "wrong-signature"];

/**
 * The problem to report where no host accepts the account: one that passes with time, if there is one, because the host that it
 * is about may be the right one; else the refusal, with all hosts that refused.
 */
export function worstOf(probes: readonly Probe[]): CloudProblem | null {
  const problems = probes.flatMap(({ outcome }) => ("problem" in outcome ? [outcome.problem] : []));
  const open = problems.find(({ kind }) => !refusals.includes(kind));
  const [first] = problems;
  if (first === undefined) return null;
  if (open) return open;
  // A wrong signature is from the region that knows the access key.
  const closest = problems.find(({ kind }) => kind === "wrong-signature") ?? first;
  if (closest.kind === "wrong-signature") return closest;
  return { ...first, who: problems.map(({ who }) => who).join(", ") };
}

/** One sentence about what each host answered, for the log. */
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
