/** `ecoflow-power sign`: a request to EcoFlow's developer interface, signed, as a line for curl. */
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { readEnvironment } from "../config/environment.ts";
import { describeProblems } from "../config/problems.ts";
import { jsonObject } from "../core/bounded-json.ts";
import { type Parameters, signedHeaders } from "../io/ecoflow-sign.ts";
import { type CommandIo, defineCommand, type Given, WrongUsage } from "./command.ts";

/** Keys belong to one region's host; this one is Europe's. */
const defaultHost = "https://api-e.ecoflow.com";

const options = {
  body: { value: "JSON", about: "the body of a POST or PUT, one JSON object" },
  nonce: { value: "N", about: "six digits; random unless given" },
  timestamp: { value: "MS", about: "epoch milliseconds; now unless given" },
} as const;

interface Wanted {
  method: string;
  path: string;
  query: readonly (readonly [string, string])[];
  body: Parameters | null;
  nonce: string;
  timestamp: string;
}

export const signCommand = defineCommand(
  {
    name: "sign",
    summary: "a request to EcoFlow's developer interface, signed, as a line for curl",
    usage: ["METHOD PATH [k=v …] [--body JSON] [--nonce N] [--timestamp MS]"],
    about: "Prints a signed request to EcoFlow's developer interface as one line for curl. Nothing is sent.",
    words: {
      METHOD: "GET, POST or PUT",
      PATH: "for example /iot-open/sign/device/list",
      "k=v": "parameters of the query, for example sn=R331ZEB4ZEA12345",
    },
    options,
    examples: ["GET /iot-open/sign/device/list"],
    more: `The keys come from ECOFLOW_ACCESS_KEY and ECOFLOW_SECRET_KEY, or from the files that ECOFLOW_ACCESS_KEY_FILE and ECOFLOW_SECRET_KEY_FILE name, also out of .env. The secret key is never printed. The access key and the signature are headers of the request, so they stand in the line. ECOFLOW_API_URL names another host than ${defaultHost} (Americas: https://api-a.ecoflow.com), ECOFLOW_CA_FILE its certificate authority.`,
  },
  (given, io) => Promise.resolve(printLine(understood(given), io)),
);

function printLine(wanted: Wanted, io: CommandIo): number {
  const account = accountOf(io);
  if (typeof account === "string") {
    io.err(account);
    return 1;
  }
  io.out(curlLine(wanted, account));
  io.err(
    "The line holds your access key and a signature for this one request, so keep it to yourself; the secret key is not in it.",
  );
  return 0;
}

/** What is wanted; throws `WrongUsage` when it cannot be understood. */
function understood({ values, words }: Given<typeof options>): Wanted {
  const { nonce = String(randomInt(100_000, 1_000_000)), timestamp = String(Date.now()) } = values;
  if (!/^\d{6}$/.test(nonce)) throw new WrongUsage("--nonce takes six digits.");
  if (!/^\d{13}$/.test(timestamp)) throw new WrongUsage("--timestamp takes epoch milliseconds, 13 digits.");
  const [method = "", path = "", ...pairs] = words;
  return { ...requestOf(method.toUpperCase(), path, pairs, values.body), nonce, timestamp };
}

function requestOf(
  method: string,
  path: string,
  pairs: readonly string[],
  text: string | undefined,
): Pick<Wanted, "method" | "path" | "query" | "body"> {
  if (!["GET", "POST", "PUT"].includes(method))
    throw new WrongUsage("sign wants a METHOD first: GET, POST or PUT.");
  if (!/^\/[\w./-]*$/.test(path)) {
    throw new WrongUsage(
      "sign wants a PATH that begins with a slash and holds no query: write parameters as k=v behind it.",
    );
  }
  const query = pairs.map(
    (pair) => /^([^=]+)=([\s\S]*)$/.exec(pair)?.slice(1) as [string, string] | undefined,
  );
  const wrong = query.indexOf(undefined);
  if (wrong >= 0) throw new WrongUsage(`"${pairs[wrong]}" is no parameter: write it as name=value.`);
  const known = query.filter((pair) => pair !== undefined);
  if (new Set(known.map(([name]) => name)).size < known.length)
    throw new WrongUsage("A parameter stands twice: keep one.");
  if (text === undefined) return { method, path, query: known, body: null };
  if (method === "GET") throw new WrongUsage("A GET has no body: write its parameters as k=v.");
  if (known.length > 0)
    throw new WrongUsage("k=v and --body exclude each other: only one of the two is signed.");
  const body = jsonObject(text) as Parameters | null;
  if (body === null) throw new WrongUsage("--body takes one JSON object.");
  return { method, path, query: [], body };
}

interface Account {
  accessKey: string;
  secretKey: string;
  host: string;
  caFile: string | null;
}

/** Names whose mistakes matter here: the rest of the configuration may be as it likes. */
const ours = /^ECOFLOW_(ACCESS_KEY|SECRET_KEY|API_URL|CA_FILE)/;

/** The account and its host, or a sentence. */
function accountOf({ cwd, env }: CommandIo): Account | string {
  const readFile = (path: string) => readFileSync(path, "utf8");
  const { values, problems } = readEnvironment({ cwd, env, readFile });
  const mistakes = problems.filter(({ path }) => ours.test(path));
  if (mistakes.length > 0) return describeProblems(mistakes);
  const [accessKey, secretKey] = [values.get("ECOFLOW_ACCESS_KEY"), values.get("ECOFLOW_SECRET_KEY")];
  if (!accessKey || !secretKey) {
    const missing = accessKey ? "ECOFLOW_SECRET_KEY" : "ECOFLOW_ACCESS_KEY";
    return `${missing} is not set: put it, or a file's name as ${missing}_FILE, into the environment or .env. Keys are made in EcoFlow's developer portal, for one region.`;
  }
  if (/[^\x21-\x7e]/.test(accessKey))
    return "ECOFLOW_ACCESS_KEY holds a space or another character that no key has.";
  const host = hostOf(values.get("ECOFLOW_API_URL") ?? defaultHost);
  if (host === null) return "ECOFLOW_API_URL is no https:// address (http:// only on this machine).";
  return { accessKey, secretKey, host, caFile: values.get("ECOFLOW_CA_FILE") ?? null };
}

/** The address without a slash at its end; null unless https, or http on the loopback. */
function hostOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== "" || url.search !== "") return null;
  const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) return null;
  return text.replace(/\/+$/, "");
}

function curlLine({ method, path, query, body, nonce, timestamp }: Wanted, account: Account): string {
  const parameters = body ?? Object.fromEntries(query);
  const headers = signedHeaders({ ...account, nonce, timestamp, parameters });
  const search = query.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
  const url = `${account.host}${path}${search === "" ? "" : `?${search}`}`;
  const all = { ...headers, ...(body && { "Content-Type": "application/json;charset=UTF-8" }) };
  return [
    "curl -sS",
    ...(account.caFile === null ? [] : ["--cacert", quoted(account.caFile)]),
    ...(method === "GET" ? [] : ["-X", method]),
    quoted(url),
    ...Object.entries(all).flatMap(([name, value]) => ["-H", quoted(`${name}: ${value}`)]),
    ...(body === null ? [] : ["--data", quoted(JSON.stringify(body))]),
  ].join(" ");
}

/** One word for a POSIX shell, whatever is in it. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
