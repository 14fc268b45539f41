/** A case of the conformance suite: a promise as its name, and the check that it is kept. */
import { expect } from "vitest";
import type { Broker, BrokerOptions } from "./broker.ts";
import { Machine } from "./machine.ts";
import type { Platform } from "./platforms.ts";
import { seconds, stamp } from "./wait.ts";

export interface Scene {
  platform: Platform;
  /** Shared by all cases; a case that stops a broker or needs a login makes its own. */
  broker: Broker;
  machine(settings?: Record<string, string | number>): Promise<Machine>;
  /** Makes a machine without starting it. */
  prepare(settings?: Record<string, string | number>, broker?: Broker): Machine;
  ownBroker(options?: BrokerOptions): Promise<Broker>;
}

export type Cases = Record<string, (scene: Scene) => Promise<void>>;

/** Makes a machine on a broker, for `Scene`. */
export function makeMachine(
  broker: Broker,
  platform: Platform,
  settings: Record<string, string | number> = {},
): Machine {
  return new Machine(broker, platform, settings);
}

/** Too late: the only failure that a busy test machine may cause, so the only one for which a case is run again, once. */
export class LateError extends Error {}

/** Expects that SHUTDOWN_CMD ran once, not before `delaySec`, and at most 2 s after delay and pre-commands. */
export async function expectShutdown(
  machine: Machine,
  sent: number,
  delaySec: number,
  preSec = 0,
): Promise<void> {
  const { at } = await machine.entry();
  expect((at - sent) / 1000).toBeGreaterThanOrEqual(delaySec - 0.02);
  const acknowledged = machine.acks.find(({ phase }) => phase === "received")?.heardAt ?? sent;
  const lateSec = (at - acknowledged) / 1000 - delaySec - preSec;
  if (lateSec > 2 + machine.platform.grainSec)
    throw new LateError(`SHUTDOWN_CMD came ${lateSec} s late; log: ${machine.log}`);
  expect(machine.recorded.filter((what) => what === "shutdown")).toHaveLength(1);
}

/** Expects that no shutdown is recorded until the deadline and 5 s more. */
export async function expectNoShutdown(machine: Machine, sent: number, delaySec: number): Promise<void> {
  await seconds(Math.max(0, delaySec + 5 - (stamp() - sent) / 1000));
  expect(machine.recorded.filter((what) => what === "shutdown")).toEqual([]);
}
