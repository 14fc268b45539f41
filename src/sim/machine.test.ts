/** The emulated machine against the agents' contract. */
import { describe, expect, it } from "vitest";
import { abort, bench, command, startSec } from "../../test/machine-bench.ts";

describe("presence", () => {
  it("says retained that it is online, emulated, armed, and under which boot", async () => {
    const { said } = await bench();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({ topic: "power-manager/pc/status", retain: true });
    expect(said[0]?.message).toMatchObject({
      online: true,
      platform: "emulated",
      armed: true,
      state: "idle",
      command: null,
      pre_shutdown_sec: 20,
      at: startSec,
    });
    expect(said[0]?.message.boot).toMatch(/\w{8}/);
  });

  it("answers a false word about itself", async () => {
    const { said, send } = await bench();
    send("status", { online: false });
    expect(said.at(-1)?.message).toMatchObject({ online: true });
    send("status", { online: false }, true);
    expect(said).toHaveLength(2);
  });

  it("has another boot id after it was started again", async () => {
    const { machine, status, send, pass } = await bench();
    const first = status()?.boot;
    send("cmd", command({ delay_sec: 0 }));
    pass(70);
    expect(machine.record.up).toBe(false);
    await machine.boot();
    expect(status()?.boot).not.toBe(first);
    expect(machine.record.up).toBe(true);
  });
});

describe("a shutdown", () => {
  it("acknowledges each phase, touches nothing before the delay, and is off after the stop", async () => {
    const { machine, phases, pass, send, wills, deeds } = await bench();
    send("cmd", command());
    expect(phases()).toEqual(["received", "delay"]);
    pass(29);
    expect(phases()).toEqual(["received", "delay"]);
    expect(machine.record.servicesStopped).toBe(false);
    pass(1);
    expect(phases().at(-1)).toBe("pre_shutdown");
    expect(machine.record.servicesStopped).toBe(true);
    pass(20);
    expect(phases().at(-1)).toBe("shutting_down");
    pass(39);
    expect(wills()).toBe(0);
    pass(1);
    expect(machine.record.up).toBe(false);
    expect(wills()).toBe(1);
    expect(machine.watts()).toBe(0);
    expect(deeds()).toEqual(["booted", "delay", "pre_shutdown", "shutting_down", "off"]);
  });

  it("counts the delay from the moment of the command, not from the tick before it", async () => {
    const { machine, jump, phases, send } = await bench();
    jump(900);
    send("cmd", command({ delay_sec: 1 }));
    jump(100);
    machine.tick();
    expect(phases().at(-1)).toBe("delay");
    jump(900);
    machine.tick();
    expect(phases().at(-1)).toBe("pre_shutdown");
  });

  it("does once what it is told twice, also when it is at the end", async () => {
    const { phases, pass, send, deeds } = await bench();
    send("cmd", command());
    send("cmd", command({ delay_sec: 25, issued_at: startSec + 5 }));
    expect(phases()).toEqual(["received", "delay", "delay"]);
    pass(55);
    send("cmd", command({ delay_sec: 0 }));
    expect(phases().at(-1)).toBe("shutting_down");
    pass(60);
    expect(deeds().filter((deed) => deed === "off")).toHaveLength(1);
  });

  it("does not begin anew when a newer command comes in the middle", async () => {
    const { pass, send, deeds } = await bench();
    send("cmd", command());
    pass(40);
    send("cmd", command({ id: "b1", seq: 2 }));
    pass(50);
    expect(deeds()).toEqual(["booted", "delay", "pre_shutdown", "shutting_down", "off"]);
  });

  it("is never postponed by a newer command with a longer delay", async () => {
    const { pass, send, phases } = await bench();
    send("cmd", command({ delay_sec: 10 }));
    send("cmd", command({ id: "b1", seq: 2, delay_sec: 60 }));
    pass(10);
    expect(phases().at(-1)).toBe("pre_shutdown");
  });

  it("takes three times as long when slow, and nothing happens when deaf", async () => {
    const slow = await bench({ behaviour: "slow" });
    slow.send("cmd", command({ delay_sec: 0 }));
    slow.pass(20 + 119);
    expect(slow.machine.record.up).toBe(true);
    slow.pass(2);
    expect(slow.machine.record.up).toBe(false);

    const deaf = await bench({ behaviour: "deaf" });
    deaf.send("cmd", command());
    deaf.pass(300);
    expect(deaf.phases()).toEqual([]);
    expect(deaf.machine.record.up).toBe(true);
    expect(deaf.machine.record.heard).toMatchObject([{ action: "shutdown", id: "a1" }]);
  });

  it("rehearses a dry run to the last step but one", async () => {
    const { machine, acks, pass, send, deeds } = await bench();
    send("cmd", command({ dry_run: true }));
    pass(60);
    expect(acks().map(({ phase }) => phase)).toEqual(["received", "delay", "pre_shutdown", "shutting_down"]);
    expect(acks().every(({ dry_run }) => dry_run === true)).toBe(true);
    expect(deeds().at(-1)).toBe("rehearsed");
    expect(machine.record).toMatchObject({ up: true, servicesStopped: false });
  });
});

describe("an abort", () => {
  it.each([0, 10, 29])("%i s into the delay leaves everything as it was", async (seconds) => {
    const { machine, phases, pass, send, deeds, status } = await bench();
    send("cmd", command());
    pass(seconds);
    send("cmd", abort());
    pass(200);
    expect(phases()).toEqual(["received", "delay", "aborted"]);
    expect(deeds()).toEqual(["booted", "delay", "aborted"]);
    expect(machine.record).toMatchObject({ up: true, servicesStopped: false });
    expect(status()).toMatchObject({ state: "idle", command: null });
  });

  it("starts the services again when pre-commands had begun", async () => {
    const { machine, pass, send, deeds } = await bench();
    send("cmd", command());
    pass(35);
    send("cmd", abort());
    pass(200);
    expect(deeds()).toEqual(["booted", "delay", "pre_shutdown", "aborted", "services-restored"]);
    expect(machine.record).toMatchObject({ up: true, servicesStopped: false });
  });

  it("comes too late after the point of no return", async () => {
    const { machine, phases, pass, send } = await bench();
    send("cmd", command());
    pass(50);
    send("cmd", abort());
    expect(phases().at(-1)).toBe("too_late");
    pass(40);
    expect(machine.record.up).toBe(false);
  });

  it("is not overtaken by a repeat of the shutdown that it called off", async () => {
    const { machine, acks, pass, send } = await bench();
    send("cmd", command());
    send("cmd", abort());
    send("cmd", command({ issued_at: startSec + 1 }));
    expect(acks().at(-1)).toMatchObject({ id: "a1", phase: "refused", last: { epoch: 1, seq: 2 } });
    pass(200);
    expect(machine.record.up).toBe(true);
  });
});

describe("the network and the power", () => {
  it("goes on with its countdown while it is away, and says where it stands when it is back", async () => {
    const { machine, status, pass, send } = await bench();
    send("cmd", command());
    machine.unplug();
    pass(35);
    await machine.plugIn();
    expect(status()).toMatchObject({ state: "pre_shutdown", command: "a1" });
  });

  it("connects again by itself when the broker went, but not while the cable is out", async () => {
    const { machine, lose, pass, plugs } = await bench();
    pass(10);
    lose();
    pass(1);
    expect(plugs()).toBe(2);
    await Promise.resolve();
    machine.unplug();
    pass(60);
    expect(plugs()).toBe(2);
  });

  it("crashes when the station's output is cut", async () => {
    const { machine, deeds, pass } = await bench();
    machine.cutPower();
    pass(10);
    expect(machine.record.up).toBe(false);
    expect(deeds()).toEqual(["booted", "power-cut"]);
  });
});
