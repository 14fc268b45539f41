/** Keeps a connection to a broker: reconnects for ever, and queues nothing while it is down. */
import { readFileSync } from "node:fs";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { MqttClient } from "mqtt";
import { brokerFault } from "./broker-fault.ts";
import type { Log } from "./log.ts";
import { type After, within } from "./timer.ts";

/** Where the broker is: a url (mqtt:// or mqtts://), or a stream of the embedded one. */
export interface ConnectOptions {
  /** `mqtt://host:1883`, `mqtts://host:8883`; for the embedded broker only a name for people. */
  url: string;
  username?: string;
  password?: string;
  /** PEM file of the authority that signed the broker's certificate; else the system's authorities. */
  caFile?: string;
  /** The embedded broker's `connectLocal`; then the url is not dialled. */
  local?: () => Duplex;
}

/** An open connection. Everything is QoS 1 (R4). */
export interface Session {
  /** Resolves with the broker's acknowledgement, rejects if the connection ends first. */
  publish(name: string, bytes: Buffer, retain: boolean): Promise<void>;
  /** Resolves with the filters that the broker refused. */
  subscribe(filters: readonly string[]): Promise<string[]>;
  /** Drops the connection; the next attempt follows after the back-off. */
  drop(why: string): void;
}

export interface LinkOptions {
  connect: ConnectOptions;
  clientId: string;
  will: (() => { name: string; bytes: Buffer }) | undefined;
  log: Log;
  after: After;
  /** From 0 to below 1: spreads the attempts of many clients. */
  random: () => number;
  /** First and longest wait between two attempts, milliseconds. */
  backoffMs: readonly [number, number];
  onUp: (session: Session) => void;
  onDown: () => void;
  onMessage: (name: string, bytes: Buffer, retained: boolean) => void;
}

export interface Link {
  /** Begins to connect; throws a sentence for an address or a CA file that can never work. */
  start(): void;
  /** Disconnects without a Last Will and stays down; takes at most 1 s. */
  stop(): Promise<void>;
}

/** Milliseconds to wait for an answer, and seconds of keep-alive: a dead broker is noticed after 1.5 × the latter. */
const connectTimeoutMs = 10_000;
const keepaliveSec = 10;
const goodbyeMs = 1_000;

/** Builds the link. Each attempt is a new client, because mqtt.js would resend unacknowledged messages on the next connection. */
export function createLink(options: LinkOptions): Link {
  const { connect, log, after, random } = options;
  const [firstMs, longestMs] = options.backoffMs;
  let dial: () => Duplex;
  let client: MqttClient | null = null;
  let cancelRetry = () => {};
  let waitMs = firstMs;
  let said = "";
  let isFirst = true;
  let stopped = false;

  const attempt = () => {
    try {
      connectOnce(new MqttClient(() => dial(), clientOptions(options)));
    } catch (error) {
      retry((error as Error).message);
    }
  };

  const connectOnce = (own: MqttClient) => {
    let reason = "it closed the connection";
    let up = false;
    client = own;
    own.on("error", (error) => {
      const { why, remedy } = brokerFault(error, connect);
      // The table of faults is about attempts to connect.
      reason = up ? lostText(error) : `${why}; ${remedy}`;
    });
    own.on("message", (name, bytes, { retain }) => options.onMessage(name, bytes, retain));
    own.on("connect", () => {
      up = true;
      waitMs = firstMs;
      if (said !== "" || isFirst) log.info(`connected to the broker ${connect.url}`);
      isFirst = false;
      said = "";
      options.onUp(sessionOf(own, (why) => (reason = why)));
    });
    own.once("close", () => {
      own.end(true);
      if (client !== own || stopped) return;
      client = null;
      if (up) options.onDown();
      retry(reason);
    });
  };

  /** Reports each reason once in a row, and waits with jitter, so that the clients of a site do not all return at once. */
  const retry = (reason: string) => {
    if (said !== reason) {
      log.warn(`the broker ${connect.url} is away: ${reason}. All else goes on; it is tried again for ever.`);
    }
    said = reason;
    cancelRetry = after(waitMs * (0.75 + random() / 2), attempt);
    waitMs = Math.min(waitMs * 2, longestMs);
  };

  return {
    start() {
      dial = connect.local ?? dialer(connect);
      attempt();
    },
    async stop() {
      stopped = true;
      cancelRetry();
      const own = client;
      client = null;
      if (!own) return;
      const ended = own.connected ? own.endAsync(false) : Promise.resolve();
      await within(goodbyeMs, ended, after).catch(() => false);
      own.end(true);
      own.stream.destroy();
    },
  };
}

function clientOptions({ clientId, connect, will }: LinkOptions) {
  const last = will?.();
  return {
    clientId,
    clean: true,
    protocolVersion: 4 as const,
    keepalive: keepaliveSec,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    queueQoSZero: false,
    // Otherwise the library allocates 65 536 small buffers at the start: 10 MB for the life of the process.
    writeCache: false,
    // The library's debug output is off, but each of its calls makes a list: 4.7 kB of garbage for each frame.
    log: () => {},
    ...(connect.username !== undefined && { username: connect.username }),
    ...(connect.password !== undefined && { password: connect.password }),
    ...(last && { will: { topic: last.name, payload: last.bytes, qos: 1 as const, retain: true } }),
  };
}

function sessionOf(client: MqttClient, because: (why: string) => void): Session {
  return {
    publish: (topic, bytes, retain) =>
      new Promise((resolve, reject) => {
        if (!client.connected) return reject(new Error("the connection ended"));
        client.publish(topic, bytes, { qos: 1, retain }, (error) => (error ? reject(error) : resolve()));
      }),
    subscribe: (filters) =>
      new Promise((resolve, reject) => {
        if (filters.length === 0) return resolve([]);
        // mqtt.js reports a refused filter as an error and passes the whole answer beside it.
        client.subscribe([...filters], { qos: 1 }, (error, _granted, packet) => {
          const codes = packet?.granted as number[] | undefined;
          if (!codes) return reject(error ?? new Error("the broker did not answer a subscription"));
          resolve(filters.filter((_, index) => (codes[index] ?? 128) >= 128));
        });
      }),
    drop(why) {
      because(why);
      client.stream.destroy();
    },
  };
}

/** Returns how to connect to the address; throws a sentence if it can never work. */
function dialer({ url, caFile }: ConnectOptions): () => Duplex {
  const address = URL.canParse(url) ? new URL(url) : null;
  const plain = address?.protocol === "mqtt:" || address?.protocol === "tcp:";
  if (!address?.hostname || !(plain || address.protocol === "mqtts:" || address.protocol === "ssl:")) {
    throw new Error(`"${url}" is no address of a broker: write mqtt://host:1883 or mqtts://host:8883`);
  }
  const host = address.hostname.replace(/^\[|\]$/g, "");
  const port = Number(address.port) || (plain ? 1883 : 8883);
  if (plain) return () => prompt(connectTcp({ host, port }));
  const ca = caFile === undefined ? undefined : readCa(caFile);
  const servername = isIP(host) ? undefined : host;
  return () => prompt(connectTls({ host, port, ...(ca && { ca }), ...(servername && { servername }) }));
}

const lostText = ({ message }: Error): string =>
  /keepalive/i.test(message) ? `it has not answered for ${1.5 * keepaliveSec} s` : "the connection was lost";

/** Sends small messages at once: Nagle with delayed acknowledgement would add 40 ms. */
const prompt = <S extends Socket>(socket: S): S => socket.setNoDelay(true);

function readCa(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`the CA file of the broker cannot be read: ${(error as Error).message}`);
  }
}
