/** What can go wrong between us and EcoFlow's cloud: one sentence for each, who has to act, and when to try again. */

/** Details of a problem that may be shown to a person. */
export interface ProblemFacts {
  /** The host or account that answered, for people. */
  who: string;
  /** The code or text of the cloud's answer, shortened; empty if there is none. */
  said: string;
  /** The station concerned; empty if the whole account is. */
  station: string;
  api: CloudApiName;
}

export type CloudApiName = "ecoflow-open" | "ecoflow-app";

interface Rule {
  /** `person`: it lasts until a person acts, so the alarm is raised at once. `time`: it passes by itself, so the alarm waits. */
  whose: "person" | "time";
  /** The first and the longest wait before the next attempt, seconds; each attempt doubles it. */
  againSec: readonly [first: number, longest: number];
  /** What happened. */
  what: (facts: ProblemFacts) => string;
  /** What a person can do. */
  remedy: (facts: ProblemFacts) => string;
}

const said = ({ said }: ProblemFacts) => (said === "" ? "" : ` (${said})`);

/** The rules by kind. A refused password or key is retried rarely: EcoFlow may lock an account after many wrong logins. */
const rules = {
  "wrong-key": {
    whose: "person",
    againSec: [900, 3_600],
    what: (p) => `EcoFlow does not know the access key${said(p)} at ${p.who}`,
    remedy: () =>
      "check ECOFLOW_ACCESS_KEY; a key belongs to the region of the developer portal that made it",
  },
  "wrong-signature": {
    whose: "person",
    againSec: [60, 3_600],
    what: (p) => `EcoFlow refuses the signature${said(p)} at ${p.who}, also with a fresh nonce and time`,
    remedy: () => "check that ECOFLOW_SECRET_KEY belongs to ECOFLOW_ACCESS_KEY",
  },
  "wrong-password": {
    whose: "person",
    againSec: [900, 3_600],
    what: (p) => `EcoFlow refuses the login${said(p)} at ${p.who}`,
    remedy: () => "check ECOFLOW_USERNAME and ECOFLOW_PASSWORD by logging in to the app with them",
  },
  "not-opened": {
    whose: "person",
    againSec: [21_600, 21_600],
    what: (p) => `EcoFlow does not open ${p.station || "this station"} to the developer API${said(p)}`,
    remedy: () => "read it with a source of kind ecoflow-app (ECOFLOW_USERNAME, ECOFLOW_PASSWORD)",
  },
  "token-expired": {
    whose: "time",
    againSec: [1, 300],
    what: (p) => `the login at ${p.who} has expired${said(p)}`,
    remedy: () => "nothing to do, a new one is made",
  },
  throttled: {
    whose: "time",
    againSec: [60, 900],
    what: (p) => `EcoFlow is too busy and answers fewer requests${said(p)} at ${p.who}`,
    remedy: () => "requests are made more slowly; if it goes on, stop other programs that use this account",
  },
  maintenance: {
    whose: "time",
    againSec: [30, 300],
    what: (p) => `EcoFlow's cloud is out of service${said(p)} at ${p.who}`,
    remedy: () => "nothing to do but wait",
  },
  "station-offline": {
    whose: "time",
    againSec: [300, 900],
    what: (p) => `EcoFlow has no connection to ${p.station || "a station"}${said(p)}`,
    remedy: () => "check that it is on and in the Wi-Fi",
  },
  "no-name-server": {
    whose: "time",
    againSec: [5, 120],
    what: (p) => `the name of ${p.who} could not be looked up${said(p)}`,
    remedy: () => "check the Internet connection and the DNS server",
  },
  unreachable: {
    whose: "time",
    againSec: [5, 120],
    what: (p) => `${p.who} cannot be reached${said(p)}`,
    remedy: () => "check the Internet connection",
  },
  untrusted: {
    whose: "person",
    againSec: [60, 600],
    what: (p) => `the certificate of ${p.who} is not trusted${said(p)}, so nothing was sent`,
    remedy: () =>
      "check the clock of this machine, and whether a proxy stands between; ECOFLOW_CA_FILE names another authority",
  },
  "not-the-api": {
    whose: "person",
    againSec: [300, 3_600],
    what: (p) => `${p.who} does not answer as EcoFlow's API does${said(p)}`,
    remedy: () => "check ECOFLOW_API_URL",
  },
  "mqtt-refused": {
    whose: "person",
    againSec: [60, 900],
    what: (p) => `EcoFlow's broker ${p.who} refuses fresh credentials${said(p)}`,
    remedy: (p) =>
      p.api === "ecoflow-open"
        ? "ten client ids a day are allowed, so stop other programs with these keys and wait a day, or make new keys"
        : "log out and in again in the app, and check that the account is of this region",
  },
  mute: {
    whose: "time",
    againSec: [5, 120],
    what: (p) => `EcoFlow's broker ${p.who} closed the connection without an answer${said(p)}`,
    remedy: () =>
      "if it goes on, the account belongs to another region: set region of its source to api-e, api-a or api",
  },
  kicked: {
    whose: "person",
    againSec: [30, 600],
    what: (p) => `another program uses our client id at ${p.who}${said(p)}, and each throws the other off`,
    remedy: () => "stop it, or delete ecoflow-accounts.json in the state folder of one of the two",
  },
  unexpected: {
    whose: "time",
    againSec: [60, 900],
    what: (p) => `EcoFlow answers with an error that is not known${said(p)} at ${p.who}`,
    remedy: () => "it is tried again; if it goes on, report the code",
  },
} as const satisfies Record<string, Rule>;

export type ProblemKind = keyof typeof rules;

/** A problem with its kind, which determines the reaction. */
export interface CloudProblem extends ProblemFacts {
  kind: ProblemKind;
}

/** Makes a problem; facts that are left out are empty. The cloud's own text is cut to one line of 80 characters. */
export function problem(kind: ProblemKind, facts: Partial<ProblemFacts>): { problem: CloudProblem } {
  const text = (facts.said ?? "").replace(/[\s\p{Cc}]+/gu, " ").trim();
  const said = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return { problem: { kind, who: "", station: "", api: "ecoflow-open", ...facts, said } };
}

/** Returns what happened and what to do, as two texts without a full stop. */
export function wordsOf(problem: CloudProblem): { what: string; remedy: string } {
  const { what, remedy }: Rule = rules[problem.kind];
  return { what: what(problem), remedy: remedy(problem) };
}

/** Returns what happened and what to do, one sentence without a full stop. */
export function sentenceOf(problem: CloudProblem): string {
  const { what, remedy } = wordsOf(problem);
  return `${what}: ${remedy}`;
}

/** Whether a person has to act: such a problem is reported at once. */
export const needsPerson = ({ kind }: CloudProblem): boolean => (rules[kind] as Rule).whose === "person";

/** Seconds until the next attempt after `tries` earlier ones that failed in a row; `random` from 0 to below 1 spreads it by a quarter. */
export function againAfterSec({ kind }: Pick<CloudProblem, "kind">, tries: number, random: number): number {
  const [first, longest] = (rules[kind] as Rule).againSec;
  return Math.min(longest, first * 2 ** Math.min(tries, 20)) * (0.75 + random / 2);
}

/** All kinds, for tests and pages. */
export const problemKinds = Object.keys(rules) as ProblemKind[];
