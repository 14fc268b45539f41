/** MQTT to EcoFlow's broker: one connection with a verified certificate, and one kind of publication. */
import type { LookupFunction } from "node:net";
import type { Certification } from "../core/cloud/account.ts";
import type { ProblemKind } from "../core/cloud/problems.ts";
import { mayPublish } from "../core/cloud/topics.ts";
import { type Client, connectClient } from "./client.ts";
import { cloudFault } from "./cloud-fault.ts";

export interface MqttOptions {
  certification: Certification;
  clientId: string;
  heard: (topic: string, payload: Uint8Array) => void;
  /** The connection ended without `close`. */
  onLost: () => void;
}

/** An open connection to the cloud's broker. */
export interface CloudSession {
  /** Resolves with the filters that the broker refused; with null if the connection ended first. */
  subscribe(filters: readonly string[]): Promise<string[] | null>;
  /** Asks a station for its values; throws on every topic that could write to one. Resolves when the broker has it, or never will. */
  ask(topic: string, payload: Uint8Array): Promise<void>;
  close(): void;
}

/** Why there is no connection. `refused`: the broker does not accept these credentials or this client id (CONNACK 2, 4 and 5). */
export interface MqttRefusal {
  fault: ProblemKind;
  said: string;
  refused: boolean;
}

export type MqttOutcome = { session: CloudSession } | MqttRefusal;

/** Connects once; never rejects. */
export type ConnectMqtt = (options: MqttOptions) => Promise<MqttOutcome>;

export interface MqttDoorOptions {
  /** PEM text of the only authority to trust; null: the system's. */
  ca: string | null;
  lookup: LookupFunction;
  timeoutMs?: number;
}

const loopback = ["127.0.0.1", "localhost"];

/** Returns what connects. Credentials are only sent encrypted, except to a broker on this machine. */
export function createMqtt({ ca, lookup, timeoutMs = 10_000 }: MqttDoorOptions): ConnectMqtt {
  return async ({ certification, clientId, heard, onLost }) => {
    const { host, port, tls, account, password } = certification;
    if (!tls && !loopback.includes(host)) {
      return { fault: "not-the-api", said: "its broker is to be reached without encryption", refused: false };
    }
    try {
      const client = await connectClient({
        url: `${tls ? "mqtts" : "mqtt"}://${host}:${port}`,
        clientId,
        username: account,
        password,
        ...(ca !== null && { ca }),
        lookup,
        timeoutMs,
        heard: (topic, payload) => heard(topic, payload),
        onLost,
      });
      return { session: sessionOf(client) };
    } catch (error) {
      return faultOf(error instanceof Error ? (error.cause ?? error) : error);
    }
  };
}

function faultOf(cause: unknown): MqttRefusal {
  const code = (cause as { code?: unknown } | null)?.code;
  if (typeof code === "number" && [2, 4, 5].includes(code)) {
    return { fault: "mqtt-refused", said: `MQTT code ${code}`, refused: true };
  }
  if (code === 3) return { fault: "maintenance", said: "MQTT code 3", refused: false };
  const { kind, said } = cloudFault(cause);
  // These texts are from the MQTT library and from `connectClient`; neither error has a code.
  if (kind === "unreachable" && /closed the connection|connack timeout/i.test(said)) {
    return { fault: "mute", said: "", refused: false };
  }
  return { fault: kind, said, refused: false };
}

function sessionOf(client: Client): CloudSession {
  return {
    subscribe: (filters) => client.trySubscribe(filters).catch(() => null),
    ask(topic, payload) {
      if (!mayPublish(topic)) throw new RangeError(`nothing is ever published on ${topic}`);
      return client.publish(topic, payload).catch(() => {});
    },
    close() {
      void client.close().catch(() => {});
    },
  };
}
