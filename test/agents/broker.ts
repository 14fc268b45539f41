/** A real mosquitto on a free loopback port, and an ear on everything that is said there. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { stamp, until } from "./wait.ts";

/** Debian and Homebrew put the broker where not everybody's PATH looks. */
const path = `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin`;
const programs = ["mosquitto", "mosquitto_sub", "mosquitto_pub"];

/** Why the agents cannot be driven here, or null. */
export function missingTools(): string | null {
  const missing = programs.filter(
    (name) => spawnSync("/bin/sh", ["-c", `command -v ${name}`], { env: { PATH: path } }).status !== 0,
  );
  return missing.length > 0 ? `not installed: ${missing.join(", ")}` : null;
}

export interface Heard {
  /** Milliseconds of the clock that the recorders write. */
  at: number;
  topic: string;
  retain: boolean;
  body: Record<string, unknown>;
}

export interface BrokerOptions {
  /** Lines for mosquitto.conf in place of `allow_anonymous true`; files may be written to the folder. */
  access?: (folder: string, tlsPort: number) => string;
  login?: { username: string; password: string };
}

/** A mosquitto that can be stopped and started again on the same port; `heard` is the order of arrival. */
export class Broker {
  readonly heard: Heard[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), "ecoflow-power-broker-"));
  port = 0;
  /** For `access`, which may open a second listener there. */
  tlsPort = 0;
  #process: ChildProcess | null = null;
  #client: MqttClient | null = null;
  readonly #options: BrokerOptions;

  constructor(options: BrokerOptions = {}) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (this.port === 0) [this.port, this.tlsPort] = [await freePort(), await freePort()];
    const access = this.#options.access?.(this.folder, this.tlsPort) ?? "allow_anonymous true";
    const file = join(this.folder, "mosquitto.conf");
    writeFileSync(
      file,
      `listener ${this.port} 127.0.0.1\n${access}\npersistence false\nlog_dest none\nuser root\n`,
    );
    this.#process = spawn("mosquitto", ["-c", file], { stdio: "ignore", env: { PATH: path } });
    if (this.#client === null) this.#client = this.#listen();
    const client = this.#client;
    await until("the broker", () => client.connected);
    await client.subscribeAsync("power-manager/#", { qos: 1 });
  }

  #listen(): MqttClient {
    const client = mqtt.connect(`mqtt://127.0.0.1:${this.port}`, {
      reconnectPeriod: 100,
      queueQoSZero: false,
      ...this.#options.login,
    });
    client.on("error", () => undefined);
    client.on("message", (topic, payload, packet) => {
      this.heard.push({ at: stamp(), topic, retain: packet.retain, body: parse(payload.toString()) });
    });
    return client;
  }

  async publish(topic: string, payload: string, retain = false): Promise<void> {
    await this.#client?.publishAsync(topic, payload, { qos: 1, retain });
  }

  /** Ends the broker only; `start` brings it back on the same port, without memory. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    child?.kill("SIGTERM");
    await until(
      "the broker's end",
      () => child === null || child.exitCode !== null || child.signalCode !== null,
    );
  }

  async close(): Promise<void> {
    this.#client?.end(true);
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { unreadable: text };
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
