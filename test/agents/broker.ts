/** A real mosquitto on a free loopback port, and a record of every message on it. */
import mqtt, { type MqttClient } from "mqtt";
import { has, hasMosquitto, type Mosquitto, startMosquitto } from "../world.ts";
import { stamp, until } from "./wait.ts";

/** Whether the scripts can be started: a shell and the usual Unix tools. */
export const hasShell = ["bash", "awk", "cat", "ls", "mkdir", "chmod", "dirname", "id"].every(has);

/** Why the agents cannot be run here, or null. */
export function missingTools(): string | null {
  const missing = ["mosquitto_sub", "mosquitto_pub"].filter((name) => !has(name));
  if (!hasMosquitto) missing.unshift("mosquitto");
  if (!hasShell) missing.unshift("a shell with its tools");
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
  /** The one account; without it the broker accepts everybody. */
  login?: { username: string; password: string };
  /** Further lines of mosquitto.conf. */
  lines?: readonly string[];
}

/** A mosquitto that can be stopped and started again on the same port; `heard` is the order of arrival. */
export class Broker {
  readonly heard: Heard[] = [];
  #mosquitto: Mosquitto | null = null;
  #client: MqttClient | null = null;
  readonly #options: BrokerOptions;

  constructor(options: BrokerOptions = {}) {
    this.#options = options;
  }

  get port(): number {
    return this.#mosquitto?.port ?? 0;
  }

  async start(): Promise<void> {
    const { login, lines = [] } = this.#options;
    if (this.#mosquitto !== null) await this.#mosquitto.start();
    else
      this.#mosquitto = await startMosquitto({
        lines,
        ...(login && { users: { [login.username]: login.password } }),
      });
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

  /** Ends the broker only; `start` starts it again on the same port, without retained messages. */
  async stop(): Promise<void> {
    await this.#mosquitto?.stop("SIGTERM");
    await until("the connection's end", () => !this.#client?.connected);
  }

  async close(): Promise<void> {
    this.#client?.end(true);
    await this.#mosquitto?.end();
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { unreadable: text };
  }
}
