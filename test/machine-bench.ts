/** An emulated machine at the end of a wire, on a clock that only the test moves. */
import type { Ack, Command, Power, Status } from "../src/contract/messages/machine.ts";
import type { Heard } from "../src/io/client.ts";
import { ManualClock } from "../src/sim/clock.ts";
import { type MachineOptions, SimMachine } from "../src/sim/machine.ts";

const startWall = 1_800_000_000_000;
export const startSec = startWall / 1000;

/** One machine at the end of a wire that keeps what it says. */
export async function bench(options: Partial<MachineOptions> = {}) {
  const clock = new ManualClock({ now: 1_000, wall: startWall });
  const said: { topic: string; message: Ack & Status; retain: boolean }[] = [];
  let heard: Heard = () => {};
  let lose = () => {};
  let wills = 0;
  let plugs = 0;
  const machine = new SimMachine({
    name: "pc",
    behaviour: "obeys",
    clock,
    watts: 200,
    preShutdownSec: 20,
    stopSec: 40,
    plug: (wanted) => {
      heard = wanted.heard;
      lose = wanted.onLost;
      plugs += 1;
      return Promise.resolve({
        publish(topic, payload, retain = false) {
          said.push({ topic, message: JSON.parse(String(payload)), retain });
          return Promise.resolve();
        },
        drop() {
          wills += 1;
          heard = () => {};
        },
      });
    },
    ...options,
  });
  await machine.boot();
  const send = (topic: string, message: object, retained = false) =>
    heard(`power-manager/pc/${topic}`, new TextEncoder().encode(JSON.stringify(message)), retained);
  return {
    machine,
    said,
    send,
    wills: () => wills,
    plugs: () => plugs,
    /** The broker goes. */
    lose: () => lose(),
    acks: () => said.filter(({ topic }) => topic.endsWith("/ack")).map(({ message }) => message),
    phases: () => said.filter(({ topic }) => topic.endsWith("/ack")).map(({ message }) => message.phase),
    status: () => said.filter(({ topic }) => topic.endsWith("/status")).at(-1)?.message,
    deeds: () => machine.record.did.map(({ deed }) => deed),
    unixSec: () => Math.floor(clock.wall() / 1000),
    /** Passes whole seconds, a tick each. */
    pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        clock.second();
        machine.tick();
      }
    },
    jump: (ms: number) => clock.move(ms),
  };
}

export const power = (at: number, more: Partial<Power> = {}): Power => ({
  on_battery: true,
  soc: 50,
  runtime_sec: 3_600,
  deadman_sec: 300,
  at,
  seq: 1,
  ...more,
});

export const command = (more: Partial<Command> = {}): Command => ({
  id: "a1",
  action: "shutdown",
  delay_sec: 30,
  reason: "soc 9 % <= 10 %",
  ttl_sec: 300,
  issued_at: startSec,
  outage: "Study-1",
  epoch: 1,
  seq: 1,
  ...more,
});
export const abort = (more: Partial<Command> = {}) =>
  command({ id: "a2", action: "abort", seq: 2, delay_sec: 0, ...more });
