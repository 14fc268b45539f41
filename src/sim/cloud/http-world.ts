/** What the routes of the emulated cloud share: the state that they answer from, and the forms of an answer. */
import type { HttpsRequest } from "../../io/https-server.ts";
import type { Accounts } from "./accounts.ts";
import type { Faults, Forced } from "./faults.ts";
import type { Account } from "./scene.ts";
import type { CloudStation } from "./station.ts";

/** What the routes work on. */
export interface HttpWorld {
  accounts: Accounts;
  stations: ReadonlyMap<string, CloudStation>;
  faults: Faults;
  /** Where the broker listens. */
  mqtt: { host: string; port: number };
  /** A setting that a client wrote; nothing is set. */
  wrote(serial: string): void;
  /** One sentence for the person who runs the emulation. */
  note(text: string): void;
}

/** An answer before it is written: data, or a refusal with its HTTP status. */
export type Outcome = { data?: unknown } | (Forced & { status?: number });
export type Route = (request: HttpsRequest) => Outcome;
/** By path, then by method. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Route>>>>;

/** The answer to a certification: broker and credentials, all of them texts. */
export function certificationOf({ accounts, mqtt }: HttpWorld, account: Account): Outcome {
  const credentials = accounts.certify(account);
  return { data: { ...credentials, url: mqtt.host, port: String(mqtt.port), protocol: "mqtts" } };
}

/** A station as the device lists of both APIs describe it. */
export const listingOf = ({ serial, setup, productName, isOnline }: CloudStation) => ({
  sn: serial,
  deviceName: setup.name,
  productName,
  online: isOnline ? 1 : 0,
});
