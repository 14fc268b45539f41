/** The embedded broker: MQTT 3.1.1 for houses without one (rulings R20). */
import type { Duplex } from "node:stream";
import type { Log } from "./log.ts";

export interface BrokerUser {
  name: string;
  /** Plain text, or `scrypt:<salt>:<hash>` in base64 as `hashPassword` makes it. */
  password: string;
}

export interface BrokerOptions {
  log: Log;
  /** 127.0.0.1 unless told; anything but loopback needs users. */
  host?: string;
  /** 1883 unless told; 0 takes a free one. */
  port?: number;
  users?: readonly BrokerUser[];
}

export interface EmbeddedBroker {
  readonly host: string;
  readonly port: number;
  /** `mqtt://host:port`, for people. */
  readonly url: string;
  /** A connection of our own process, without password or socket (bus rule 13). */
  connectLocal(): Duplex;
  /** Publishes that were denied and dropped, since the start. */
  denied(): number;
  /** Closes all connections; done within 2 s. */
  stop(): Promise<void>;
}

/** Starts listening; rejects with a sentence that names the options when the port is taken. */
export function startBroker(_options: BrokerOptions): Promise<EmbeddedBroker> {
  return Promise.reject(new Error("the embedded broker is not built yet"));
}
