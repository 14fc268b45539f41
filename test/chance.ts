/** What the house is handed for its waits and its draws, where a test runs it in real time. */
import { realTime } from "../src/io/timer.ts";

/** Real waits, and no chance: every attempt to reach a broker waits the same time. */
export const chance = { after: realTime, random: () => 0.5, instance: "under-test" };
