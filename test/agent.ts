/** The emulated machine of `src/sim/` in a house on the manual clock: what it says enters the bus, what it hears comes from there. */
import type { Ack, Status } from "../src/contract/messages/machine.ts";
import { jsonOf } from "../src/io/client.ts";
import type { MachinePhase } from "../src/sim/agent/state.ts";
import type { Wanted } from "../src/sim/line.ts";
import { SimMachine } from "../src/sim/machine.ts";
import { topicOf } from "../src/sim/voice.ts";
import type { House } from "./house.ts";

export interface AgentOptions {
  /** From the end of the delay to absent. */
  stopSec?: number;
}

/** What the stories call a machine's deeds. */
const deeds: Readonly<Record<string, string>> = {
  shutting_down: "shutdown",
  aborted: "aborted",
  off: "off",
};

/** One machine with its agent, connected from the start. */
export class Agent {
  /** Nothing is heard or said, though the broker thinks that it is there. */
  deaf = false;
  readonly #house: House;
  readonly #name: string;
  readonly #machine: SimMachine;
  #wanted: Wanted | null = null;

  constructor(house: House, name: string, { stopSec = 20 }: AgentOptions = {}) {
    this.#house = house;
    this.#name = name;
    // Its own boot, whatever happens to the server's machine.
    const now = () => house.seconds * 1_000;
    const wall = () => house.clock.wall();
    this.#machine = new SimMachine({
      name,
      behaviour: "obeys",
      clock: { now, wall, boot: () => name, everySecond: () => () => {} },
      watts: 0,
      preShutdownSec: 0,
      stopSec,
      plug: (wanted) => Promise.resolve(this.#plug(wanted)),
    });
    house.listen(({ key, params, topic, payload }) => {
      if (params["machine"] === name && (key === "command" || key === "power")) this.#hear(topic, payload);
    });
    house.each(1, () => this.#machine.tick());
    this.comesBack();
  }

  get phase(): MachinePhase {
    return this.#machine.phase;
  }

  /** `shutdown`, `aborted` and `off` with the second of the story, in order. */
  get record(): readonly string[] {
    const now = this.#house.clock.wall();
    return this.#machine.record.did.flatMap(({ deed, at }) => {
      const said = deeds[deed];
      return said === undefined ? [] : [`${said} at ${this.#house.seconds - (now - at) / 1_000}`];
    });
  }

  /** (Re)connects: a live status. After the machine was off this is another boot. */
  comesBack(): void {
    this.deaf = false;
    if (this.phase === "off") void this.#machine.boot();
    else if (this.#wanted === null) void this.#machine.plugIn();
    // Its Last Will beside a living agent is answered with its status.
    else this.#hear(topicOf(this.#name, "status"), { online: false });
  }

  /** The connection is lost; the machine runs on. */
  goesOffline(): void {
    this.#machine.unplug();
  }

  #plug(wanted: Wanted) {
    this.#wanted = wanted;
    return {
      publish: (topic: string, payload: string | Uint8Array) => {
        const message: unknown = JSON.parse(String(payload));
        if (this.deaf) return Promise.resolve();
        if (topic === topicOf(this.#name, "ack")) this.#house.ack(this.#name, message as Ack);
        else this.#house.status(this.#name, message as Status);
        return Promise.resolve();
      },
      drop: () => {
        this.#wanted = null;
        const will = jsonOf(new TextEncoder().encode(wanted.will.payload)) as Status;
        if (!this.deaf) this.#house.status(this.#name, will);
      },
    };
  }

  #hear(topic: string, message: unknown) {
    if (!this.deaf) this.#wanted?.heard(topic, new TextEncoder().encode(JSON.stringify(message)), false);
  }
}
