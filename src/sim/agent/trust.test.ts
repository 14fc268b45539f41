/** What an emulated agent believes, and when silence makes it go. */
import { describe, expect, it } from "vitest";
import { bench, command, power, startSec } from "../../../test/machine-bench.ts";
import { ackText, commandText, powerText, statusText } from "../../contract/signatures.ts";
import { sign, verify } from "../../io/secrets.ts";

describe("what is not obeyed", () => {
  it("refuses what is older by epoch or seq, and remembers that over a boot", async () => {
    const { machine, acks, pass, send } = await bench();
    send("cmd", command({ epoch: 3, seq: 7, delay_sec: 0 }));
    pass(60);
    await machine.boot();
    send("cmd", command({ id: "old", epoch: 3, seq: 6 }));
    expect(acks().at(-1)).toMatchObject({ id: "old", phase: "refused", last: { epoch: 3, seq: 7 } });
    send("cmd", command({ id: "older", epoch: 2, seq: 99 }));
    expect(acks().at(-1)).toMatchObject({ id: "older", phase: "refused", last: { epoch: 3, seq: 7 } });
    send("cmd", command({ id: "new", epoch: 4, seq: 1 }));
    expect(acks().at(-1)).toMatchObject({ id: "new", phase: "delay" });
  });

  it("judges age by the server's time, not by its own clock", async () => {
    const { acks, pass, send } = await bench();
    const serverSec = startSec - 3_600;
    send("power", power(serverSec));
    send("cmd", command({ issued_at: serverSec - 301 }));
    expect(acks().at(-1)).toMatchObject({ phase: "expired" });
    send("cmd", command({ issued_at: serverSec - 299 }));
    expect(acks().at(-1)).toMatchObject({ phase: "delay" });
    pass(10);
    send("cmd", command({ id: "b", seq: 2, issued_at: serverSec - 291 }));
    expect(acks().at(-1)).toMatchObject({ id: "b", phase: "expired" });
  });

  it("accepts an age that it cannot tell, and says so", async () => {
    const { acks, send } = await bench();
    send("power", power(startSec), true);
    send("cmd", command({ issued_at: 5 }));
    expect(acks()[0]).toMatchObject({ phase: "received", clock: "unknown" });
  });

  it("takes the original server's undated command, but not when this server's words were heard", async () => {
    const old = { id: "x", action: "shutdown", delay_sec: 60, reason: "", ttl_sec: 180 };
    const alone = await bench();
    alone.send("cmd", old);
    expect(alone.phases()).toEqual(["received", "delay"]);
    const served = await bench();
    served.send("power", power(startSec));
    served.send("cmd", old);
    expect(served.phases()).toEqual(["refused"]);
  });

  it("ignores a retained command", async () => {
    const { machine, phases, pass, send } = await bench();
    send("cmd", command(), true);
    pass(200);
    expect(phases()).toEqual([]);
    expect(machine.record).toMatchObject({ up: true, heard: [{ retained: true }] });
  });

  it("refuses what is unsigned, forged or meant for another machine when a key is set", async () => {
    const { acks, send } = await bench({ key: "secret" });
    const right = command();
    send("cmd", right);
    send("cmd", { ...right, sig: sign("other", commandText("pc", right)) });
    send("cmd", { ...right, sig: sign("secret", commandText("nas", right)) });
    send("cmd", { ...right, delay_sec: 0, sig: sign("secret", commandText("pc", right)) });
    expect(acks().map(({ phase }) => phase)).toEqual(["refused", "refused", "refused", "refused"]);
    send("cmd", { ...right, sig: sign("secret", commandText("pc", right)) });
    expect(acks().at(-1)?.phase).toBe("delay");
  });

  it("signs what it says when a key is set", async () => {
    const { said, acks, send } = await bench({ key: "secret" });
    const ping = command({ action: "ping", delay_sec: 0 });
    send("cmd", { ...ping, sig: sign("secret", commandText("pc", ping)) });
    const [status] = said;
    expect(verify("secret", statusText("pc", status!.message), status?.message.sig)).toBe(true);
    expect(acks()).toMatchObject([{ phase: "pong" }]);
    expect(verify("secret", ackText("pc", acks()[0]!), acks()[0]?.sig)).toBe(true);
  });

  it("reads no nonsense", async () => {
    const { said, send } = await bench();
    send("cmd", { action: "format-disk" });
    send("power", { on_battery: "yes" });
    expect(said).toHaveLength(1);
  });
});

describe("dead-man", () => {
  it("goes down alone when the last live word was on battery and nothing more comes", async () => {
    const { machine, status, pass, send, deeds } = await bench();
    send("power", power(startSec));
    pass(299);
    expect(deeds()).toEqual(["booted"]);
    pass(1);
    expect(status()).toMatchObject({ state: "pre_shutdown", reason: "dead-man" });
    pass(60);
    expect(machine.record.up).toBe(false);
    expect(deeds()).toEqual(["booted", "dead-man", "pre_shutdown", "shutting_down", "off"]);
  });

  it("keeps running when the last live word was on mains, unknown after mains, or only retained", async () => {
    for (const words of [
      [power(startSec, { on_battery: false })],
      [power(startSec, { on_battery: false }), power(startSec + 1, { on_battery: null, seq: 2 })],
    ]) {
      const { machine, pass, send } = await bench();
      for (const word of words) send("power", word);
      pass(2_000);
      expect(machine.record.up).toBe(true);
    }
    const { machine, pass, send } = await bench();
    send("power", power(startSec), true);
    pass(2_000);
    expect(machine.record.up).toBe(true);
  });

  it("stays armed when the server does not know: null changes nothing", async () => {
    const { deeds, pass, send } = await bench();
    send("power", power(startSec));
    send("power", power(startSec + 1, { on_battery: null, seq: 2 }));
    pass(300);
    expect(deeds()).toContain("dead-man");
  });

  it("is forgotten by a machine that boots again", async () => {
    const { machine, pass, send } = await bench();
    send("power", power(startSec));
    send("cmd", command({ delay_sec: 0 }));
    pass(60);
    await machine.boot();
    pass(2_000);
    expect(machine.record.up).toBe(true);
  });

  it("is postponed by each word, not by a forged or a replayed one", async () => {
    const { deeds, pass, send } = await bench({ key: "secret" });
    const first = power(startSec);
    const calm = power(startSec - 60, { on_battery: false, seq: 0 });
    send("power", { ...first, sig: sign("secret", powerText("pc", first)) });
    pass(200);
    send("power", power(startSec + 200, { on_battery: false, seq: 2 }));
    send("power", { ...calm, sig: sign("secret", powerText("pc", calm)) });
    pass(100);
    expect(deeds()).toContain("dead-man");
  });

  it("ends when mains are heard again before the point of no return", async () => {
    const { machine, deeds, pass, send } = await bench();
    send("power", power(startSec));
    pass(305);
    send("power", power(startSec + 305, { on_battery: false, seq: 2 }));
    pass(200);
    expect(deeds()).toEqual(["booted", "dead-man", "pre_shutdown", "aborted", "services-restored"]);
    expect(machine.record.up).toBe(true);
  });

  it("does not take sleep for silence", async () => {
    const { jump, machine, deeds, send } = await bench();
    send("power", power(startSec));
    jump(3_600_000);
    machine.tick();
    machine.tick();
    expect(deeds()).toEqual(["booted"]);
  });

  it("a deaf machine never goes", async () => {
    const { machine, pass, send } = await bench({ behaviour: "deaf" });
    send("power", power(startSec));
    pass(1_000);
    expect(machine.record.up).toBe(true);
  });
});
