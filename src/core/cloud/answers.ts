/** Reads an answer of EcoFlow's API over HTTP: its data, or the problem. */
import { jsonObject } from "../bounded-json.ts";
import { type CloudApiName, type CloudProblem, problem } from "./problems.ts";

export interface HttpAnswer {
  status: number;
  text: string;
}

/** What the request was for: the same code means something else in answer to a login. */
export interface Asked {
  api: CloudApiName;
  /** The host's name. */
  who: string;
  /** True for the login of the app: every refusal there is about the account. */
  isLogin?: boolean;
  /** The station that was asked for. */
  station?: string;
}

export type Judged = { data: unknown } | { problem: CloudProblem };

const busy = /too busy|too many|too frequent|frequen|rate limit|throttl/i;
const upkeep = /maintenance|maintain|upgrading|unavailable/i;

/** Returns the data of an answer with code "0", else the problem. Never throws. */
export function judgeAnswer({ status, text }: HttpAnswer, asked: Asked): Judged {
  const json = jsonObject(text);
  const code = codeOf(json);
  const message = typeof json?.["message"] === "string" ? json["message"] : "";
  const facts = { ...asked, said: wordsOf(status, code, message) };
  if (status === 429 || busy.test(message)) return problem("throttled", facts);
  if ([500, 502, 503, 504].includes(status) || (code !== "0" && upkeep.test(message)))
    return problem("maintenance", facts);
  if (code === "0") return { data: json?.["data"] ?? null };
  if (code !== null) return problem(kindOfCode(code, asked), facts);
  if (status === 401 || status === 403) return problem(kindOfCode("401", asked), facts);
  // During an outage the answer is often an HTML page with status 200.
  if (upkeep.test(text)) return problem("maintenance", facts);
  return problem("not-the-api", facts);
}

function kindOfCode(code: string, { api, isLogin }: Asked) {
  if (isLogin) return "wrong-password";
  const ofApp = api === "ecoflow-app";
  switch (code) {
    case "8513":
      return "wrong-key";
    case "8521":
      return "wrong-signature";
    case "1006":
      return "not-opened";
    case "6012":
      return "station-offline";
    case "401":
      return ofApp ? "token-expired" : "wrong-key";
    default:
      return "unexpected";
  }
}

function wordsOf(status: number, code: string | null, message: string): string {
  const first = code === null ? `HTTP ${status}` : `code ${code}`;
  return message === "" ? first : `${first}: ${message}`;
}

const codeOf = (json: Readonly<Record<string, unknown>> | null): string | null => {
  const code = json?.["code"];
  return typeof code === "string" || typeof code === "number" ? String(code) : null;
};
