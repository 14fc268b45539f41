/** What the parts of the EcoFlow rooms share: the room, the account with its doors, and the source's name. */
import type { AccountMemory } from "../../io/accounts-file.ts";
import type { Account } from "../../io/cloud-account.ts";
import type { ConnectMqtt } from "../../io/cloud-mqtt.ts";
import type { Once } from "../../io/once.ts";
import type { Room } from "../service.ts";

export interface CloudParts {
  room: Room;
  /** Name of the source instance. */
  name: string;
  account: Account;
  connect: ConnectMqtt;
  memory: AccountMemory;
  /** From 0 to below 1. */
  random: () => number;
  /** Stations to read, by serial or by name in the app; empty: all of the account. */
  only: readonly string[];
  /** Logs a repeated message once. */
  once: Once;
}
