/** What the parts of the EcoFlow rooms share: the room, the account with its doors, and the source's name. */
import type { CloudProblem } from "../../core/cloud/problems.ts";
import type { AccountMemory } from "../../io/accounts-file.ts";
import type { Account } from "../../io/cloud-account.ts";
import type { ConnectMqtt } from "../../io/cloud-mqtt.ts";
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
  /** Serials that count; empty: all of the account. */
  only: readonly string[];
}

/** Receives a problem that has begun or changed. */
export type Troubled = (problem: CloudProblem) => void;
