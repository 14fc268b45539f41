/** A machine that needs three times as long to stop as its owner wrote: the server says so and waits for nobody. */
import type { Scene } from "../scene.ts";
import { long } from "./long.ts";

export const slow: Scene = {
  ...long,
  name: "slow",
  about: "The mains stay away and pc needs three times as long as configured: it is told late, and goes.",
  machines: long.machines.map((machine) =>
    machine.name === "pc" ? { ...machine, behaviour: "slow" as const } : machine,
  ),
};
