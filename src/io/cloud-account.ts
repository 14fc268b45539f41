/** An account of one of EcoFlow's APIs over HTTP: finds its region, logs in, fetches MQTT credentials, stations and values. */
import { createHash } from "node:crypto";
import {
  type Certification,
  type CloudStation,
  readAppDevices,
  readCertification,
  readLogin,
  readOpenDevices,
} from "../core/cloud/account.ts";
import { type Judged, judgeAnswer } from "../core/cloud/answers.ts";
import { type CloudApiName, type CloudProblem, problem } from "../core/cloud/problems.ts";
import {
  type ApiHost,
  chosenHost,
  hostsOf,
  type Probe,
  probeSentence,
  type Region,
  worstOf,
} from "../core/cloud/regions.ts";
import { appRequests, type CloudRequest, openRequests } from "../core/cloud/requests.ts";
import type { HttpOutcome, SendHttp } from "./cloud-http.ts";
import { signedHeaders } from "./ecoflow-sign.ts";

/** Who asks, and where: the settings of a source of kind `ecoflow-open` or `ecoflow-app`. */
export type AccountSetup = { region: Region; apiUrl: string | null } & (
  | { kind: "ecoflow-open"; accessKey: string; secretKey: string }
  | { kind: "ecoflow-app"; username: string; password: string }
);

export interface AccountParts {
  send: SendHttp;
  /** Epoch ms. */
  wall: () => number;
  /** From 0 to below 1, for nonces. */
  random: () => number;
}

/** An account that a host accepted. `token` and `userId` are empty on the developer API. */
export interface Entered {
  host: ApiHost;
  token: string;
  userId: string;
  stations: CloudStation[];
  /** One sentence on the answer of each host, for the log; null if the remembered host accepted the account. */
  probed: string | null;
}

export type Outcome<T> = T | { problem: CloudProblem };

export interface Account {
  readonly api: CloudApiName;
  /** Identifies the account in the state folder; a hash, so that it reveals no key and no address. */
  readonly key: string;
  /** Logs in and lists the stations at the host `remembered`; at all hosts if that one refuses the account. */
  enter(remembered: string | null): Promise<Outcome<Entered>>;
  certification(entered: Entered): Promise<Outcome<Certification>>;
  stations(entered: Entered): Promise<Outcome<{ stations: CloudStation[] }>>;
  /** Fetches all values of a station from the cloud's cache; only the developer API offers them. */
  quota(entered: Entered, serial: string): Promise<Outcome<{ data: unknown }>>;
}

/** Most attempts of a request whose signature is refused, each with a fresh nonce and time: the cloud sometimes refuses a valid one. */
const signatureTries = 3;

/** Builds the account's client; nothing is sent before the first call. */
export function createAccount(setup: AccountSetup, parts: AccountParts): Account {
  return setup.kind === "ecoflow-open" ? new OpenAccount(setup, parts) : new AppAccount(setup, parts);
}

const keyOf = (api: CloudApiName, who: string) =>
  `${api}:${createHash("sha256").update(who, "utf8").digest("hex").slice(0, 16)}`;

/** Asks the remembered host alone; asks all hosts if it refuses the account or none is remembered. */
async function enterAt(
  hosts: readonly ApiHost[],
  remembered: string | null,
  enter: (host: ApiHost) => Promise<Outcome<Entered>>,
): Promise<Outcome<Entered>> {
  const known = hosts.find(({ url }) => url === remembered);
  if (known) {
    const entered = await enter(known);
    const refused = "problem" in entered && ["wrong-key", "wrong-password"].includes(entered.problem.kind);
    if (!refused || hosts.length === 1) return entered;
  }
  const all = await Promise.all(hosts.map(async (host) => ({ host, entered: await enter(host) })));
  const probes: Probe[] = all.map(({ host, entered }) => ({
    host,
    outcome: "problem" in entered ? entered : { stations: entered.stations.length },
  }));
  const chosen = chosenHost(probes);
  const found = all.find(({ host }) => host === chosen)?.entered;
  if (chosen === null || found === undefined || "problem" in found) {
    return { problem: worstOf(probes) as CloudProblem };
  }
  return { ...found, probed: probeSentence(chosen, probes) };
}

function certified(judged: Judged, api: CloudApiName, who: string): Outcome<Certification> {
  if ("problem" in judged) return judged;
  const said = "a certification without account, password, host or port";
  return readCertification(judged.data) ?? problem("not-the-api", { api, who, said });
}

function listed(
  judged: Judged,
  read: (data: unknown) => CloudStation[] | null,
  facts: { api: CloudApiName; who: string },
): Outcome<{ stations: CloudStation[] }> {
  if ("problem" in judged) return judged;
  const stations = read(judged.data);
  return stations === null ? problem("not-the-api", { ...facts, said: "no list of devices" }) : { stations };
}

class OpenAccount implements Account {
  readonly api = "ecoflow-open";
  readonly key: string;
  readonly #setup: Extract<AccountSetup, { kind: "ecoflow-open" }>;
  readonly #parts: AccountParts;
  /** How far the cloud's clock is ahead of ours, ms: otherwise a clock that is an hour off would make every signature stale. */
  #aheadMs = 0;

  constructor(setup: Extract<AccountSetup, { kind: "ecoflow-open" }>, parts: AccountParts) {
    this.#setup = setup;
    this.#parts = parts;
    this.key = keyOf(this.api, setup.accessKey);
  }

  enter(remembered: string | null): Promise<Outcome<Entered>> {
    const { region, apiUrl } = this.#setup;
    return enterAt(hostsOf(region, apiUrl), remembered, async (host) => {
      const list = await this.#stationsAt(host);
      return "problem" in list ? list : { host, token: "", userId: "", probed: null, ...list };
    });
  }

  async certification({ host }: Entered): Promise<Outcome<Certification>> {
    return certified(await this.#ask(host, openRequests.certification()), this.api, host.name);
  }

  stations({ host }: Entered): Promise<Outcome<{ stations: CloudStation[] }>> {
    return this.#stationsAt(host);
  }

  quota({ host }: Entered, serial: string): Promise<Judged> {
    return this.#ask(host, openRequests.quota(serial), serial);
  }

  async #stationsAt(host: ApiHost): Promise<Outcome<{ stations: CloudStation[] }>> {
    const answer = await this.#ask(host, openRequests.devices());
    return listed(answer, readOpenDevices, { api: this.api, who: host.name });
  }

  async #ask(host: ApiHost, request: CloudRequest, station = ""): Promise<Judged> {
    let judged: Judged = problem("unexpected", { api: this.api, who: host.name });
    for (let attempt = 0; attempt < signatureTries; attempt++) {
      const headers = { ...request.headers, ...this.#signed(request) };
      const answer = await this.#parts.send(host.url, { ...request, headers });
      this.#learnClock(answer);
      judged = judgedOf(answer, { api: this.api, who: host.name, station });
      if (!("problem" in judged) || judged.problem.kind !== "wrong-signature") return judged;
    }
    return judged;
  }

  #signed({ query, body }: CloudRequest): Record<string, string> {
    const { accessKey, secretKey } = this.#setup;
    const { wall, random } = this.#parts;
    const nonce = String(100_000 + Math.floor(random() * 900_000));
    const timestamp = String(Math.round(wall() + this.#aheadMs));
    return signedHeaders({ accessKey, secretKey, nonce, timestamp, parameters: body ?? query });
  }

  /** The date of an answer has whole seconds and is delayed by the network, so small differences are not corrected. */
  #learnClock(answer: HttpOutcome) {
    if ("fault" in answer || answer.date === null) return;
    const ahead = answer.date - this.#parts.wall();
    this.#aheadMs = Math.abs(ahead) > 30_000 ? ahead : 0;
  }
}

class AppAccount implements Account {
  readonly api = "ecoflow-app";
  readonly key: string;
  readonly #setup: Extract<AccountSetup, { kind: "ecoflow-app" }>;
  readonly #parts: AccountParts;

  constructor(setup: Extract<AccountSetup, { kind: "ecoflow-app" }>, parts: AccountParts) {
    this.#setup = setup;
    this.#parts = parts;
    this.key = keyOf(this.api, setup.username);
  }

  enter(remembered: string | null): Promise<Outcome<Entered>> {
    const { region, apiUrl } = this.#setup;
    return enterAt(hostsOf(region, apiUrl), remembered, async (host) => {
      const login = await this.#login(host);
      if ("problem" in login) return login;
      const list = await this.#stationsAt(host, login.token);
      return "problem" in list ? list : { host, probed: null, ...login, ...list };
    });
  }

  async certification({ host, token, userId }: Entered): Promise<Outcome<Certification>> {
    const answer = await this.#ask(host, appRequests.certification(token, userId));
    return certified(answer, this.api, host.name);
  }

  stations({ host, token }: Entered): Promise<Outcome<{ stations: CloudStation[] }>> {
    return this.#stationsAt(host, token);
  }

  quota({ host }: Entered): Promise<Judged> {
    return Promise.resolve(problem("unexpected", { api: this.api, who: host.name, said: "no quota here" }));
  }

  async #login(host: ApiHost): Promise<Outcome<{ token: string; userId: string }>> {
    const { username, password } = this.#setup;
    const base64 = Buffer.from(password, "utf8").toString("base64");
    const answer = await this.#ask(host, appRequests.login(username, base64), true);
    if ("problem" in answer) return answer;
    const said = "a login without token or user";
    return readLogin(answer.data) ?? problem("not-the-api", { api: this.api, who: host.name, said });
  }

  async #stationsAt(host: ApiHost, token: string): Promise<Outcome<{ stations: CloudStation[] }>> {
    const answer = await this.#ask(host, appRequests.devices(token));
    return listed(answer, readAppDevices, { api: this.api, who: host.name });
  }

  async #ask(host: ApiHost, request: CloudRequest, isLogin = false): Promise<Judged> {
    const answer = await this.#parts.send(host.url, request);
    return judgedOf(answer, { api: this.api, who: host.name, isLogin });
  }
}

function judgedOf(answer: HttpOutcome, asked: Parameters<typeof judgeAnswer>[1]): Judged {
  return "fault" in answer
    ? problem(answer.fault, { ...asked, said: answer.said })
    : judgeAnswer(answer, asked);
}
