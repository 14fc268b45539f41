/** A machine that needs three times its configured time to stop: the server reports it as late. */
import type { Scene } from "../scene.ts";
import { long } from "./long.ts";

export const slow: Scene = {
  ...long,
  name: "slow",
  about:
    "The mains stay away and pc needs three times as long as configured: it is commanded late, and goes.",
  machines: long.machines.map((machine) =>
    machine.name === "pc" ? { ...machine, behaviour: "slow" as const } : machine,
  ),
};
