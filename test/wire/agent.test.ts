/** The built server, a real mosquitto and the real Linux script: all stories at once, because most of their time is waiting. */
import { describe, it, vi } from "vitest";
import { missingTools } from "../agents/broker.ts";
import { deadMan } from "./agent-alone.ts";
import { byHand } from "./agent-by-hand.ts";
import { doctors } from "./agent-doctor.ts";
import { goes } from "./agent-goes.ts";
import { keys } from "./agent-keys.ts";
import { kills } from "./agent-kill.ts";
import { original } from "./agent-original.ts";
import { outages } from "./agent-outage.ts";

const missing = missingTools();
vi.setConfig({ maxConcurrency: 20, testTimeout: 180_000 });

if (missing !== null) it.skip(`the agents' wire stories: ${missing}`, () => undefined);
else
  describe("server and agent", () => {
    // The longest begin first.
    goes();
    outages();
    kills();
    deadMan();
    doctors();
    original();
    keys();
    byHand();
  });
