/** Access to EcoFlow's cloud for a source room: HTTP and MQTT of one account, and what is kept of accounts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type AccountMemory, accountsFile, fileMemory } from "./accounts-file.ts";
import { type Account, type AccountSetup, createAccount } from "./cloud-account.ts";
import { createHttp } from "./cloud-http.ts";
import { type ConnectMqtt, createMqtt } from "./cloud-mqtt.ts";
import { promptLookup } from "./lookup.ts";
import type { After } from "./timer.ts";

/** The settings of a cloud source; `ca` is the PEM file of the only authority to trust, null: the system's. */
export type CloudSetup = AccountSetup & { ca: string | null };

export interface CloudDoors {
  readonly memory: AccountMemory;
  /** Prepares the access to an account; sends nothing yet. Throws a sentence if the CA file cannot be read. */
  open(setup: CloudSetup): { account: Account; connect: ConnectMqtt };
}

export interface CloudDoorsOptions {
  stateDir: string;
  wall: () => number;
  random: () => number;
  after: After;
  /** Receives why the accounts file could not be written. */
  onError?: (why: string) => void;
  /** Name servers to ask; the system's unless given. */
  nameServers?: readonly string[];
}

/** Returns the access by real sockets and the real disk. */
export function cloudDoors(options: CloudDoorsOptions): CloudDoors {
  const { stateDir, wall, random, after, onError, nameServers } = options;
  const lookup = promptLookup(nameServers ? { servers: nameServers } : {});
  return {
    memory: fileMemory(join(stateDir, accountsFile), onError),
    open(setup) {
      const ca = setup.ca === null ? null : readCa(setup.ca);
      const send = createHttp({ ca, lookup, after });
      return { account: createAccount(setup, { send, wall, random }), connect: createMqtt({ ca, lookup }) };
    },
  };
}

function readCa(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`the CA file of EcoFlow's API cannot be read: ${(error as Error).message}`);
  }
}
