/** A thin MQTT client for programs outside the server: the emulated world and the command-line tools. */
import { readFileSync } from "node:fs";
import type { LookupFunction, Socket } from "node:net";
import { connect, type IClientOptions, type IClientPublishOptions, type MqttClient } from "mqtt";
import { jsonOrNull } from "../core/bounded-json.ts";
import { brokerFault } from "./broker-fault.ts";

/** Called for every message; `retained` is true for one that the broker had kept. */
export type Heard = (topic: string, payload: Uint8Array, retained: boolean) => void;

export interface ClientOptions {
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  url: string;
  clientId: string;
  username?: string | undefined;
  password?: string | undefined;
  /** PEM file of the authority that signed the broker's certificate. */
  caFile?: string | undefined;
  /** PEM text of that authority, in place of a file. */
  ca?: string;
  /** Looks the broker's name up; Node's own lookup unless given. */
  lookup?: LookupFunction;
  /** Published retained by the broker when the connection ends without a goodbye. */
  will?: { topic: string; payload: string };
  heard?: Heard;
  /** Called when the connection ended without `close` or `drop`. */
  onLost?: () => void;
  /** Milliseconds to wait for a broker that does not answer; default 10 000. */
  timeoutMs?: number;
}

export interface Client {
  /** Subscribes with QoS 1 (R4); rejects if the broker refuses one of the filters. */
  subscribe(filters: readonly string[]): Promise<void>;
  /** Subscribes with QoS 1; resolves with the filters that the broker refuses, rejects if it does not answer. */
  trySubscribe(filters: readonly string[]): Promise<string[]>;
  /** Publishes with QoS 1; resolves when the broker has the message, rejects if the connection is gone. */
  publish(topic: string, payload: string | Uint8Array, retain?: boolean): Promise<void>;
  /** Disconnects; the broker does not publish the Last Will. */
  close(): Promise<void>;
  /** Drops the connection, as a power cut does: the broker publishes the Last Will. */
  drop(): void;
}

/** Parses a payload as JSON; null if it is not JSON. */
export function jsonOf(payload: Uint8Array): unknown {
  return jsonOrNull(new TextDecoder().decode(payload));
}

/** Connects once, without retry; rejects with a sentence that names the broker. */
export async function connectClient(options: ClientOptions): Promise<Client> {
  const client = connect(options.url, settings(options));
  await connected(client).catch((error: unknown) => {
    client.end(true);
    const { why, remedy } = brokerFault(error, options);
    throw new Error(`the broker at ${options.url} cannot be reached: ${why}; ${remedy}`, { cause: error });
  });
  let ended = false;
  // A small message must not wait for the next one (else 40 ms of Nagle and delayed acknowledgement).
  (client.stream as Partial<Socket>).setNoDelay?.(true);
  client.on("error", () => {});
  client.on("close", () => {
    if (!ended) options.onLost?.();
    ended = true;
  });
  client.on("message", (topic, payload, packet) => options.heard?.(topic, payload, packet.retain));
  const trySubscribe = async (filters: readonly string[]) => {
    const codes = await subscribed(client, filters);
    return filters.filter((_, index) => (codes[index] ?? 128) >= 128);
  };
  return {
    trySubscribe,
    async subscribe(filters) {
      const denied = await trySubscribe(filters);
      if (denied.length > 0)
        throw new Error(`the broker at ${options.url} refuses to tell ${denied.join(", ")}`);
    },
    async publish(topic, payload, retain = false) {
      if (ended || !client.connected) throw new Error(`not connected to ${options.url}`);
      const body = typeof payload === "string" ? payload : Buffer.from(payload);
      const how: IClientPublishOptions = { qos: 1, retain };
      await client.publishAsync(topic, body, how);
    },
    async close() {
      ended = true;
      await client.endAsync();
    },
    drop() {
      ended = true;
      client.end(true);
    },
  };
}

function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
    client.once("close", () => reject(new Error("it closed the connection")));
  });
}

/** Returns the broker's answer for each filter. mqtt.js reports a refused filter as an error and passes the answer beside it. */
function subscribed(client: MqttClient, filters: readonly string[]): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    client.subscribe([...filters], { qos: 1 }, (error, _, packet) => {
      const codes = packet?.granted as number[] | undefined;
      if (codes) resolve(codes);
      else reject(error ?? new Error("the broker did not answer a subscription"));
    });
  });
}

function settings(options: ClientOptions): IClientOptions {
  const { clientId, username, password, caFile, ca, lookup, will, timeoutMs } = options;
  return {
    clientId,
    clean: true,
    keepalive: 15,
    protocolVersion: 4,
    reconnectPeriod: 0,
    queueQoSZero: false,
    writeCache: false,
    connectTimeout: timeoutMs ?? 10_000,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    ...(ca !== undefined && { ca }),
    ...(lookup && { lookup }),
    ...(will && { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
  };
}
