/** The bridge of docs/bridge.md, with two mosquittos: frames of the vendor's broker arrive here, and nothing goes there. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "vitest";
import { encodeFrame } from "../../src/sim/encode.ts";
import { startServer } from "../server.ts";
import { certificate, hasMosquitto, hasOpenssl, startMosquitto, until, watch } from "../world.ts";

const account = { user: "app-0123456789abcdef", password: "the-certificatePassword" };
const serial = "R631EXAMPLE00001";
const vendorTopic = `/app/device/property/${serial}`;
const ourTopic = `bridge-ecoflow/${serial}/data`;

/** The page's configuration, with another address and authority only. */
function configuration(port: number, ca: string): string[] {
  const block = /^```conf\n([\s\S]*?)^```$/m.exec(readFileSync("docs/bridge.md", "utf8"))?.[1] ?? "";
  const text = block
    .replace(/^address .*$/m, `address 127.0.0.1:${port}`)
    .replace(/^bridge_cafile .*$/m, `bridge_cafile ${ca}`);
  return text.trim().split("\n");
}

/** The vendor's broker with TLS and an account, and ours with the page's bridge. */
async function twoBrokers(finished: TestContext["onTestFinished"]) {
  const dir = mkdtempSync(join(tmpdir(), "bridge-"));
  finished(() => rmSync(dir, { recursive: true }));
  const { ca, ...tls } = certificate(dir);
  const vendor = await startMosquitto({ tls, users: { [account.user]: account.password } });
  finished(() => vendor.end());
  const login = { username: account.user, password: account.password, ca: readFileSync(ca) };
  const there = await watch(vendor.url, ["#", "$SYS/broker/connection/#"], login);
  finished(() => there.end());
  const ours = await startMosquitto({ lines: configuration(vendor.port, ca) });
  finished(() => ours.end());
  const here = await watch(ours.url);
  finished(() => here.end());
  return { vendor, there, ours, here };
}

const frame = (soc: number) =>
  Buffer.from(encodeFrame("DisplayPropertyUpload", { cms_batt_soc: soc, pow_get_ac_in: 120 }));

describe.skipIf(!hasMosquitto || !hasOpenssl)("the bridge of docs/bridge.md", () => {
  it("brings each frame to <base>/<serial>/data byte for byte, and sends nothing back", async ({
    expect,
    onTestFinished,
  }) => {
    const { there, ours, here } = await twoBrokers(onTestFinished);
    const bytes: Buffer[] = [];
    here.client.on("message", (topic, payload) => {
      if (topic === ourTopic) bytes.push(payload);
    });
    // Until the bridge has subscribed, frames are lost, as at EcoFlow's.
    const timer = setInterval(() => void there.say(vendorTopic, frame(61)).catch(() => {}), 200);
    onTestFinished(() => clearInterval(timer));
    await until("a frame came over", () => bytes.length > 0);
    expect(bytes[0]?.equals(frame(61))).toBe(true);
    await here.say(ourTopic, "not for the station");
    await here.say("power-manager/pc/cmd", "{}");
    await there.say("the/end", "of the test");
    await until("the vendor's broker heard the end", () => there.on("the/end").length > 0);
    expect(new Set(there.heard.map(({ topic }) => topic))).toEqual(new Set([vendorTopic, "the/end"]));

    const server = startServer({
      files: {
        "ecoflow-power.yaml": `mqtt: { url: ${ours.url} }\nstations: { Study: { serial: ${serial} } }\nmachines: { pc: { stations: [Study] } }\n`,
      },
    });
    onTestFinished(() => server.end());
    const readings = () => here.on("bridge-ecoflow/Study/json/state").map((text) => JSON.parse(text));
    await until("the server has read the station", () => readings().some(({ soc }) => soc === 61));
    expect(readings().at(-1)).toMatchObject({ serial, grid_connected: true });
  });
});
