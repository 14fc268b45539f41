/** A rehearsal is judged by the agents' acknowledgements: who did not answer, or refused, fails it by name. */
import { describe, it } from "vitest";
import { hasMosquitto } from "../world.ts";
import { obedient, site } from "./simulate-site.ts";

describe.skipIf(!hasMosquitto).concurrent("a rehearsal", () => {
  it("with no agent fails, says so at once, and names the machine", async (context) => {
    const { expect } = context;
    const { serve, play, told } = await site(context);
    await serve();
    expect(await play("critical")).toBe(1);
    expect(told()).toContain("no agent was heard: nobody will answer for this machine");
    expect(told()).toContain("ABORT test-agent");
    expect(told()).toContain(
      "Not as it should be. test-agent did not answer the shutdown: its agent was never heard",
    );
    expect(told()).not.toContain("As it should be");
  });

  it("with an agent that refuses fails with its reason", async (context) => {
    const { expect } = context;
    const { serve, agent, play, told } = await site(context);
    await serve();
    await agent(({ id }) => [{ id, phase: "refused", reason: "a real shutdown is under way" }]);
    expect(await play("critical")).toBe(1);
    expect(told()).toContain("test-agent refused the shutdown: a real shutdown is under way");
  });

  it("with an agent that takes the shutdown and not the abort fails", async (context) => {
    const { expect } = context;
    const { serve, agent, play, told } = await site(context);
    await serve();
    await agent((command) => (command.action === "abort" ? [] : obedient(command)));
    expect(await play("critical")).toBe(1);
    expect(told()).toContain("test-agent did not answer the abort: its agent is online");
  });

  it("the third time in one outage says that the aborts are spent; after calm it works again", async (context) => {
    const { expect } = context;
    const { serve, agent, play, told } = await site(context);
    await serve();
    // A command that is repeated to a slow agent keeps its id.
    const shutdowns = new Set<string>();
    await agent((command) => {
      if (command.action === "shutdown") shutdowns.add(command.id);
      // Nothing calls the third one back: it is rehearsed to the end.
      const toTheEnd =
        shutdowns.size === 3 ? [{ id: command.id, phase: "shutting_down", dry_run: true } as const] : [];
      return [...obedient(command), ...toTheEnd];
    });
    expect(await play("critical")).toBe(0);
    expect(told()).not.toContain("spent");
    expect(await play("critical")).toBe(0);
    expect(told()).toContain("The aborts of this outage are spent now");
    expect(await play("critical")).toBe(1);
    expect(told()).toMatch(
      /No abort for test-agent within \d+ s\. The aborts of this outage are spent: it began at/,
    );
    expect(await play("calm")).toBe(0);
    expect(told()).toContain("As it should be: no outage is open");
    expect(await play("critical")).toBe(0);
  });
});
