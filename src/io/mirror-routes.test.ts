import { describe, expect, it } from "vitest";
import type { Topic } from "../contract/topics/topic.ts";
import { makeTopics } from "../contract/topics.ts";
import { filtersOf, router } from "./mirror-routes.ts";

const topics = makeTopics("bridge-ecoflow", "home");

describe("routes", () => {
  const route = router(Object.values(topics) as Topic<unknown>[]);

  it.each([
    ["power-manager/nas/status", "status"],
    ["power-manager/orchestrator/status", "orchestrator"],
    ["power-manager/plan/nas", "plan"],
    ["power-manager/plan/cmd", "plan"],
    ["power-manager/events", "events"],
    ["power-manager/events/cmd", undefined],
    ["power-manager/orchestrator/cmd", undefined],
    ["bridge-ecoflow/R1/data", "data"],
    ["bridge-ecoflow/R1/json/state", "state"],
    ["bridge-ecoflow/R1/json/state/more", undefined],
    ["elsewhere/R1/data", undefined],
  ])("%s belongs to %s", (name, key) => {
    expect(route(name)?.key).toBe(key);
    expect(route(name)?.key).toBe(key);
  });

  it("subscribes nothing that another filter covers", () => {
    const { status, orchestrator, ack, plan } = topics;
    expect(filtersOf([status, orchestrator, ack] as Topic<unknown>[])).toEqual([
      "power-manager/+/status",
      "power-manager/+/ack",
    ]);
    expect(filtersOf([orchestrator, plan] as Topic<unknown>[])).toEqual([
      "power-manager/orchestrator/status",
      "power-manager/plan/+",
    ]);
  });
});
