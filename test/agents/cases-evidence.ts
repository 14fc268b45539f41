/** Broken and foreign input: big messages, two machines with one name, an exit code that proved nothing. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { type Cases, expectShutdown } from "./cases.ts";
import type { Machine } from "./machine.ts";
import { seconds, stamp, until } from "./wait.ts";

const big = (bytes: number) => JSON.stringify({ id: "big", action: "nothing", reason: "x".repeat(bytes) });

export const evidence: Cases = {
  "a ping is answered with a live status too: a server that was away learns at once what the machine does":
    async ({ platform, prepare }) => {
      const pc = prepare();
      const clock = pc.ownUptime();
      await pc.start();
      // Its own count of time is held: no status comes because of the time. (The agent for macOS counts otherwise.)
      if (platform.name === "linux") clock.stop();
      for (const id of ["p1", "p2", "p3"]) {
        pc.forget();
        await pc.command({ action: "ping", id });
        await pc.phase("pong", id);
        await pc.status(({ online, state }) => online && state === "idle");
      }
    },

  "a message of 70 kB among small ones garbles and delays no acknowledgement (E19)": async ({ machine }) => {
    const pc = await machine({ PRE_SHUTDOWN_CMD_1: "sleep 1", PRE_SHUTDOWN_CMD_2: "sleep 1" });
    await pc.shutdown({ delay_sec: 0 });
    for (let i = 0; i < 6; i++) {
      await pc.command({ action: "ping", id: `small-${i}` });
      await pc.send(i % 2 === 0 ? "power" : "cmd", big(70_000));
      await pc.phase("pong", `small-${i}`);
    }
    await pc.entry();
    await pc.logs("PRE_SHUTDOWN_CMD_1 ended with 0");
    await pc.logs("PRE_SHUTDOWN_CMD_2 ended with 0");
    expect(pc.acks.flatMap(({ exit }) => (exit ? [exit.code] : []))).toEqual([0, 0]);
    // A publish whose end is not heard is repeated after 10 s.
    await seconds(11);
    const pongs = pc.acks.filter(({ phase }) => phase === "pong").map(({ id }) => id);
    expect(pongs).toEqual(["small-0", "small-1", "small-2", "small-3", "small-4", "small-5"]);
  },

  "a message above the limit is dropped with one line, and the next one is whole (E19)": async ({
    machine,
  }) => {
    const pc = await machine();
    await pc.send("power", big(120_000));
    await pc.command({ action: "ping", id: "after" });
    await pc.phase("pong", "after");
    expect(pc.log.match(/dropped: a message of more than 100 kB/g)).toHaveLength(1);
  },

  "a message of 24 MB does not keep a command waiting (E19)": async ({ machine }) => {
    const pc = await machine();
    await pc.send("cmd", big(24_000_000));
    const sent = await pc.shutdown({ delay_sec: 1 });
    await pc.logs("dropped: a message of more than 100 kB");
    await pc.phase("received", "c1");
    await expectShutdown(pc, sent, 1);
  },

  "a mosquitto_sub that dies within a big message is replaced (E19)": async ({ prepare }) => {
    const pc = prepare();
    const once = join(pc.folder, "once");
    const dies = `: >${once}; printf ':0 t %0300000d' 0; exit 1`;
    pc.tool(
      "mosquitto_sub",
      `#!/bin/bash\n[ -e ${once} ] || { ${dies}; }\nPATH=\${PATH#*:}\nexec mosquitto_sub "$@"\n`,
    );
    await pc.start();
    expect(existsSync(once)).toBe(true);
    const sent = await pc.shutdown({ delay_sec: 1 });
    await expectShutdown(pc, sent, 1);
  },

  "two machines with one AGENT_ID stay connected, say so, and both obey (E13)": async ({
    machine,
    prepare,
  }) => {
    const first = await machine();
    const second = prepare({ AGENT_ID: first.id });
    anotherMachine(second);
    second.spawn();
    await second.logs("connected to");
    for (const pc of [first, second]) await pc.logs(`another machine calls itself ${first.id} too`);
    await seconds(4);
    for (const pc of [first, second]) {
      expect(pc.log).not.toContain("the connection to");
      expect(pc.log.match(/another machine calls itself/g)).toHaveLength(1);
    }
    await first.shutdown({ delay_sec: 0 });
    await Promise.all([first.entry(), second.entry()]);
  },

  "the client ids of one machine stay the same over a restart (E13)": async ({ machine }) => {
    const pc = await machine();
    const id = clientId(pc);
    expect(id).toMatch(new RegExp(`^ecoflow-agent-${pc.id}-[0-9a-f]{8}$`));
    await pc.stop();
    await pc.start();
    expect(clientId(pc)).toBe(id);
    pc.env["ECOFLOW_POWER_MACHINE"] = "another";
    await pc.stop();
    await pc.start();
    expect(clientId(pc)).not.toBe(id);
  },

  "machines from a copied disk have client ids of their own, by their hardware (E13)": async ({
    prepare,
    platform,
  }) => {
    if (platform.name === "macos") return; // ioreg's UUID is the hardware's
    const idOn = async (hardware: Record<string, string>) => {
      const pc = prepare({ AGENT_ID: "copy" });
      pc.env["ECOFLOW_POWER_SYS"] = join(pc.folder, "sys");
      for (const [path, text] of Object.entries(hardware)) {
        const file = join(pc.folder, "sys", path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      pc.spawn();
      await pc.logs("connected to");
      const id = clientId(pc);
      await pc.stop();
      return id;
    };
    const card = (address: string) => ({
      "class/net/eth0/address": `${address}\n`,
      "class/net/eth0/device": "",
      "class/net/veth7/address": `${address}:random\n`,
    });
    const serial = (text: string) => ({ "firmware/devicetree/base/serial-number": `${text}\0` });
    const uuid = { "class/dmi/id/product_uuid": "u-1\n" };
    const machines = [{}, card("02:01"), card("02:02"), serial("s-1"), serial("s-2"), uuid];
    const ids = [];
    for (const hardware of machines) ids.push(await idOn(hardware));
    expect(new Set(ids).size).toBe(machines.length);
    expect(await idOn({ ...uuid, ...card("02:03") })).toBe(ids.at(-1));
  },

  "a second agent on one machine does not start, also with BusyBox's ps (E13)": async ({
    machine,
    prepare,
    platform,
  }) => {
    const first = await machine();
    const second = prepare();
    second.env["RUNTIME_DIRECTORY"] = join(first.folder, "run");
    if (platform.name === "linux")
      second.tool("ps", '#!/bin/sh\necho "ps: unrecognized option: p" >&2\nexit 1\n');
    second.spawn();
    await until("its end", () => second.exitCode !== null);
    expect(second.log).toContain("another agent");
    await first.command({ action: "ping" });
    await first.phase("pong");
  },

  "an agent that finds its own number in the run folder starts, as in a container (E13)": async ({
    prepare,
  }) => {
    const pc = prepare();
    mkdirSync(join(pc.folder, "run"));
    const script = `echo $$ >"$RUNTIME_DIRECTORY/pid"; exec ${pc.platform.shell} ${pc.platform.script}`;
    await pc.start(["/bin/sh", "-c", script]);
  },

  "still up after SHUTDOWN_CMD ended with 0: a command of the next outage is obeyed at once (E14)": async ({
    machine,
  }) => {
    const pc = await machine();
    await pc.shutdown({ delay_sec: 0, outage: "s-1" });
    await pc.logs("SHUTDOWN_CMD ended with 0");
    await pc.shutdown({ delay_sec: 0, outage: "s-1" });
    await pc.phase("shutting_down", "c2");
    expect(pc.recorded).toEqual(["shutdown"]);
    const sent = await pc.shutdown({ delay_sec: 1, outage: "s-2" });
    await pc.phase("received", "c3");
    const { at } = await pc.entry("shutdown", 2);
    expect((at - sent) / 1000).toBeGreaterThanOrEqual(0.98);
    expect((at - sent) / 1000).toBeLessThan(25);
  },

  "still up when the mains are back: idle again (E14)": async ({ machine }) => {
    const pc = await machine();
    await pc.power({ on_battery: true });
    await pc.shutdown({ delay_sec: 0 });
    await pc.logs("SHUTDOWN_CMD ended with 0");
    pc.forget();
    await pc.power({ on_battery: false });
    await pc.status(({ state, command }) => state === "idle" && command === null);
    await pc.logs("the mains are back and this machine is still up");
    await pc.shutdown({ delay_sec: 0 });
    await pc.entry("shutdown", 2);
  },

  "the mains present all along do not end a shutdown, a bound of time does (E14)": async ({ machine }) => {
    const pc = await machine({ STILL_UP_SEC: 13 });
    await pc.power({ on_battery: false });
    await pc.shutdown({ delay_sec: 0 });
    await pc.logs("SHUTDOWN_CMD ended with 0");
    const ended = stamp();
    pc.forget();
    await pc.power({ on_battery: false });
    await pc.status(({ state }) => state === "idle");
    expect((stamp() - ended) / 1000).toBeGreaterThan(11);
    await pc.logs("still up 13 s after SHUTDOWN_CMD ended with 0");
    await pc.stop();
    await pc.status(({ online, reason }) => !online && reason === "command");
  },
};

/** Gives a machine a boot id and a machine id of its own, before it starts. */
function anotherMachine(pc: Machine): void {
  pc.ownUptime();
  writeFileSync(join(pc.folder, "clock", "boot"), "another-boot\n");
  pc.env["ECOFLOW_POWER_MACHINE"] = "another";
}

/** Returns the client id on the command line of its mosquitto_sub. */
function clientId(pc: Machine): string | undefined {
  const { stdout } = spawnSync("ps", ["-ww", "-o", "args=", "-p", String(pc.listener)], { encoding: "utf8" });
  return / -i (\S+)/.exec(stdout)?.[1];
}
