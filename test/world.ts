/** A world around the code under test: real brokers on free loopback ports, and a client to look at them from outside. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Command } from "../src/contract/messages/machine.ts";

/** Debian keeps the broker where no user's PATH looks. */
const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
const mosquitto = folders.map((folder) => join(folder, "mosquitto")).find((path) => existsSync(path));

/** Whether a program is on the PATH. */
export const has = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

/** For `describe.skipIf(!hasMosquitto)`: the broker and what its accounts are made with. */
export const hasMosquitto = mosquitto !== undefined && has("mosquitto_passwd");
/** For tests that make a certificate. */
export const hasOpenssl = has("openssl");

/** A port of the loopback that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something is so, looking again each 5 ms; fails with `what` after a generous limit. */
export async function until(what: string, holds: () => unknown, limitMs = 60_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface MosquittoOptions {
  /** Default: a free port. */
  port?: number;
  /** Accounts; without them everybody may enter. */
  users?: Readonly<Record<string, string>>;
  /** More lines of mosquitto.conf. */
  lines?: readonly string[];
  /** With a certificate: only TLS is spoken. */
  tls?: { cert: string; key: string };
}

export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  /** Ends the process, by default with kill -9, like a power cut; retained messages are lost. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** What it logged since its first start, each connection and message; the last million characters. */
  log(): string;
  /** Ends it for good and removes its folder. */
  end(): Promise<void>;
}

/** Starts a mosquitto of its own, with a generated configuration in a folder of its own. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const dir = mkdtempSync(join(tmpdir(), "mosquitto-"));
  const port = options.port ?? (await freePort());
  const file = join(dir, "mosquitto.conf");
  writeFileSync(file, configuration(dir, port, options).join("\n"));
  let child: ChildProcess | null = null;
  let output = "";
  let log = "";
  const start = async () => {
    const own = spawn(mosquitto ?? "mosquitto", ["-c", file, "-v"], { stdio: ["ignore", "pipe", "pipe"] });
    child = own;
    output = "";
    const collect = (chunk: Buffer) => {
      output = (output + chunk).slice(-20_000);
      log = (log + chunk).slice(-1_000_000);
    };
    own.stdout.on("data", collect);
    own.stderr.on("data", collect);
    await until(`mosquitto runs on ${port}`, () => {
      if (own.exitCode !== null) throw new Error(`mosquitto ended: ${output}`);
      return / running/.test(output);
    });
  };
  const stop = async (signal: NodeJS.Signals = "SIGKILL") => {
    const own = child;
    child = null;
    if (!own || own.exitCode !== null) return;
    const gone = new Promise((resolve) => own.once("exit", resolve));
    own.kill(signal);
    await gone;
  };
  await start();
  return {
    port,
    url: `${options.tls ? "mqtts" : "mqtt"}://127.0.0.1:${port}`,
    start,
    stop,
    log: () => log,
    async end() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function configuration(dir: string, port: number, { users, lines = [], tls }: MosquittoOptions): string[] {
  const text = [
    "persistence false",
    `listener ${port} 127.0.0.1`,
    "set_tcp_nodelay true",
    // As root it would change to a user who may not read its folder.
    "user root",
    `allow_anonymous ${users === undefined}`,
  ];
  if (users) {
    const passwords = join(dir, "passwords");
    writeFileSync(
      passwords,
      Object.entries(users)
        .map(([name, word]) => `${name}:${word}\n`)
        .join(""),
      { mode: 0o600 },
    );
    execFileSync("mosquitto_passwd", ["-U", passwords]);
    text.push(`password_file ${passwords}`);
  }
  if (tls) text.push(`certfile ${tls.cert}`, `keyfile ${tls.key}`);
  return [...text, ...lines, ""];
}

export interface Heard {
  topic: string;
  text: string;
  retained: boolean;
  qos: number;
}

export interface Watcher {
  readonly client: MqttClient;
  readonly heard: Heard[];
  /** The texts heard on a topic. */
  on(topic: string): string[];
  say(topic: string, payload: string | Buffer, options?: { retain?: boolean; qos?: 0 | 1 }): Promise<void>;
  end(): Promise<void>;
}

/** A client from outside, subscribed to `filters` (default: every topic) with QoS 1. */
export async function watch(
  url: string,
  filters: string[] = ["#"],
  options: IClientOptions = {},
): Promise<Watcher> {
  const client = connect(url, { reconnectPeriod: 0, ...options });
  const heard: Heard[] = [];
  client.on("error", () => {});
  client.on("message", (topic, payload, { retain, qos }) => {
    heard.push({ topic, text: payload.toString(), retained: retain, qos });
  });
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("close", () => reject(new Error(`no connection to ${url}`)));
  });
  (client.stream as Partial<Socket>).setNoDelay?.(true);
  if (filters.length > 0) await client.subscribeAsync(filters, { qos: 1 });
  return {
    client,
    heard,
    on: (topic) => heard.filter((message) => message.topic === topic).map(({ text }) => text),
    say: async (topic, payload, { retain = false, qos = 1 } = {}) => {
      await client.publishAsync(topic, payload, { qos, retain });
    },
    end: () => client.endAsync(true),
  };
}

/** The commands that a machine was sent and has to obey, in order. A ping is none: the server asks an agent that it has not heard. */
export function orders(watcher: Watcher, machine: string): Command[] {
  const heard = watcher.on(`power-manager/${machine}/cmd`).map((text) => JSON.parse(text) as Command);
  return heard.filter(({ action }) => action !== "ping");
}

/** A certificate of its own authority for 127.0.0.1, made by openssl; answers the paths. */
export function certificate(dir: string): { ca: string; cert: string; key: string } {
  const [ca, key] = [join(dir, "cert.pem"), join(dir, "key.pem")];
  const subject = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", key, "-out", ca], {
    stdio: "ignore",
  });
  return { ca, cert: ca, key };
}
