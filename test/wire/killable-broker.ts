/** A mosquitto that can be killed like a machine that loses power, and a record of every message on it. */
import { connect, type MqttClient } from "mqtt";
import { Broker } from "../agents/broker.ts";
import { stamp, until } from "../agents/wait.ts";
import { type Mosquitto, startMosquitto } from "../world.ts";

/** The one account of a broker. */
export interface Account {
  user: string;
  password: string;
}

/** The suite's broker, which can also be killed without an orderly end. */
export class KillableBroker extends Broker {
  readonly #account: Account | undefined;
  #mosquitto: Mosquitto | null = null;
  #ear: MqttClient | null = null;

  constructor(account?: Account) {
    super();
    this.#account = account;
  }

  override get port(): number {
    return this.#mosquitto?.port ?? 0;
  }

  get log(): string {
    return this.#mosquitto?.log() ?? "";
  }

  override async start(): Promise<void> {
    if (this.#mosquitto) return this.#mosquitto.start();
    const account = this.#account;
    this.#mosquitto = await startMosquitto(account ? { users: { [account.user]: account.password } } : {});
    const ear = connect(this.#mosquitto.url, {
      reconnectPeriod: 100,
      queueQoSZero: false,
      ...(account && { username: account.user, password: account.password }),
    });
    ear.on("error", () => undefined);
    ear.on("message", (topic, payload, { retain }) => {
      this.heard.push({ at: stamp(), topic, retain, body: bodyOf(payload.toString()) });
    });
    ear.on("connect", () => void ear.subscribeAsync("power-manager/#", { qos: 1 }).catch(() => undefined));
    this.#ear = ear;
    await until("the broker", () => ear.connected);
    await ear.subscribeAsync("power-manager/#", { qos: 1 });
  }

  /** Publishes nothing while it is away: a waiting publish would arrive later as a fresh message. */
  override async publish(topic: string, payload: string, retain = false): Promise<void> {
    if (this.#ear?.connected) await this.#ear.publishAsync(topic, payload, { qos: 1, retain });
  }

  /** kill -9; its retained messages are lost. */
  override async stop(): Promise<void> {
    await this.#mosquitto?.stop("SIGKILL");
  }

  override async close(): Promise<void> {
    this.#ear?.end(true);
    await this.#mosquitto?.end();
  }
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { unreadable: text };
  }
}
