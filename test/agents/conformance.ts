/** Runs the table of cases for one platform, many at a time, because most of their time is waiting. */
import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { Broker, type BrokerOptions, missingTools } from "./broker.ts";
import { type Cases, LateError, makeMachine, type Scene } from "./cases.ts";
import { epochs } from "./cases-epochs.ts";
import { evidence } from "./cases-evidence.ts";
import { failures } from "./cases-failures.ts";
import { orders } from "./cases-orders.ts";
import { shape } from "./cases-shape.ts";
import { silence } from "./cases-silence.ts";
import { sweep } from "./cases-sweep.ts";
import { trust } from "./cases-trust.ts";
import type { Machine } from "./machine.ts";
import type { Platform } from "./platforms.ts";

const tables: Record<string, Cases> = { orders, trust, silence, failures, sweep, evidence, epochs, shape };

export function conformance(name: string, makePlatform: () => Platform): void {
  const missing = missingTools();
  if (missing !== null) {
    it.skip(`the ${name} agent: ${missing}`, () => undefined);
    return;
  }
  vi.setConfig({ maxConcurrency: 16, testTimeout: 180_000 });
  const platform = makePlatform();
  const broker = new Broker();
  beforeAll(() => broker.start());
  afterAll(() => broker.close());
  for (const [table, cases] of Object.entries(tables)) {
    describe.concurrent(`${name} agent, ${table}`, () => {
      for (const [promise, keep] of Object.entries(cases)) {
        it(promise, () => playInTime(broker, platform, keep));
      }
    });
  }
}

async function playInTime(broker: Broker, platform: Platform, keep: Cases[string]): Promise<void> {
  try {
    await play(broker, platform, keep);
  } catch (error) {
    if (!(error instanceof LateError)) throw error;
    console.warn(`played again on a quieter machine: ${error.message}`);
    await play(broker, platform, keep);
  }
}

async function play(broker: Broker, platform: Platform, keep: Cases[string]): Promise<void> {
  const machines: Machine[] = [];
  const brokers: Broker[] = [];
  const prepare: Scene["prepare"] = (settings, on = broker) => {
    const machine = makeMachine(on, platform, settings);
    machines.push(machine);
    return machine;
  };
  const machine: Scene["machine"] = async (settings) => {
    const made = prepare(settings);
    await made.start();
    return made;
  };
  const ownBroker = async (options?: BrokerOptions): Promise<Broker> => {
    const made = new Broker(options);
    brokers.push(made);
    await made.start();
    return made;
  };
  try {
    await keep({ platform, broker, machine, prepare, ownBroker });
    for (const made of machines) made.checkShapes();
  } finally {
    await Promise.all(machines.map((made) => made.close()));
    await Promise.all(brokers.map((made) => made.close()));
  }
}
