/** The commands about an EcoFlow account, with a cloud in memory: `stations`, `mqtt-login`, and what `check` finds. */
import { describe, expect, it } from "vitest";
import type { CommandIo } from "../../src/cli/command.ts";
import { mqttLoginWith } from "../../src/cli/mqtt-login.ts";
import { probeAccounts } from "../../src/cli/probe-accounts.ts";
import { stationsWith } from "../../src/cli/stations.ts";
import type { HttpOutcome } from "../../src/io/cloud-http.ts";
import { ManualClock } from "../../src/sim/clock.ts";
import { ToyCloud } from "../stories/toy-cloud.ts";
import { folderWith, loaded } from "./folder.ts";

const app = "ECOFLOW_USERNAME=me@example.com\nECOFLOW_PASSWORD=hunter2hunter2";
const open = "ECOFLOW_ACCESS_KEY=keykeykey\nECOFLOW_SECRET_KEY=secretsecret";
const machines = 'DEVICE_TO_AGENTS_JSON={"Study": ["pc"]}';

function cloud() {
  const toy = new ToyCloud();
  toy.stations = [
    { sn: "R631TEST00000001", deviceName: "Study", online: 1 },
    { sn: "R331TEST00000001", deviceName: "Garage", online: 0 },
    { sn: "ZZ99TEST00000001", deviceName: "New", online: 1 },
  ];
  toy.http = (path) => {
    if (!path.startsWith("/iot-open/sign/device/quota")) return null;
    const last = toy.requests.at(-1);
    const text = last?.query["sn"]?.startsWith("R631")
      ? '{"code":"1006","message":"current device is not allowed to get device info"}'
      : '{"code":"0","data":{}}';
    return { status: 200, text, date: null };
  };
  return { toy, doors: toy.doors(new ManualClock({ wall: Date.UTC(2026, 10, 21) })) };
}

const refuse = (code: string, message: string) => (): HttpOutcome => ({
  status: 200,
  text: JSON.stringify({ code, message }),
  date: null,
});

async function ran(command: ReturnType<typeof stationsWith>, dotenv: string, args: string[] = []) {
  const said = { out: "", err: "" };
  const io = {
    cwd: folderWith({ dotenv }),
    env: {},
    out: (text: string) => {
      said.out += `${text}\n`;
    },
    err: (text: string) => {
      said.err += `${text}\n`;
    },
  };
  return { code: await command(args, io as unknown as CommandIo), ...said };
}

describe("stations", () => {
  it("lists each station with its model, the API that serves it, and the YAML of what is not configured", async () => {
    const { doors } = cloud();
    const { code, out } = await ran(
      stationsWith(() => doors),
      `${app}\n${open}\n${machines}`,
    );
    expect(code).toBe(0);
    const row = (serial: string) =>
      out
        .split("\n")
        .find((line) => line.startsWith(serial))
        ?.split(/\s{2,}/);
    expect(out).toMatch(
      /serial\s+name in the app\s+model\s+online\s+ecoflow-open\s+ecoflow-app\s+configured/,
    );
    expect(row("R631TEST00000001")).toEqual([
      "R631TEST00000001",
      "Study",
      "RIVER 3 Plus",
      "yes",
      "no",
      "yes",
      "Study",
    ]);
    expect(row("R331TEST00000001")).toEqual([
      "R331TEST00000001",
      "Garage",
      "DELTA 2",
      "no",
      "yes",
      "yes",
      "no",
    ]);
    expect(out).toMatch(/ZZ99TEST00000001 belongs to no model that this version knows/);
    expect(out).toContain(
      'stations:\n  "Garage": { serial: R331TEST00000001 }\n  "New": { serial: ZZ99TEST00000001 }\n',
    );
    expect(out).toMatch(/api-a\.ecoflow\.com serves the account and lists 3 stations/);
  });

  it("says which account is missing for a station that is closed to the developer API", async () => {
    const { doors } = cloud();
    const { out } = await ran(
      stationsWith(() => doors),
      open,
    );
    expect(out).toMatch(
      /R631TEST00000001 is closed to the developer API: set ECOFLOW_USERNAME and ECOFLOW_PASSWORD/,
    );
  });

  it("prints the last list and the reason while the cloud is away, and ends 1", async () => {
    const { toy, doors } = cloud();
    await ran(
      stationsWith(() => doors),
      app,
    );
    toy.http = () => ({ fault: "no-name-server", said: "ETIMEOUT" });
    const { code, out, err } = await ran(
      stationsWith(() => doors),
      app,
    );
    expect(code).toBe(1);
    expect(out).toMatch(/the list of 20\d\d-/);
    expect(out).toMatch(/Garage/);
    expect(err).toMatch(
      /could not be looked up \(ETIMEOUT\): check the Internet connection and the DNS server/,
    );
  });

  it("wants an account", async () => {
    const { doors } = cloud();
    const { code, err } = await ran(
      stationsWith(() => doors),
      "MQTT_HOST=b",
    );
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/No EcoFlow account is configured: set ECOFLOW_USERNAME/),
    ]);
  });
});

describe("mqtt-login", () => {
  it("prints the credentials with a client id of its own, the same each time", async () => {
    const { doors } = cloud();
    const login = async () =>
      JSON.parse(
        (
          await ran(
            mqttLoginWith(() => doors),
            app,
            ["--json"],
          )
        ).out,
      );
    const first = await login();
    expect(first).toMatchObject({ host: "mqtt-x.ecoflow.com", port: 8884, username: "app-abc", tls: true });
    expect(first.clientId).toMatch(/^ANDROID_[0-9A-F-]{36}_1500$/);
    expect((await login()).clientId).toBe(first.clientId);
  });

  it("prints a bridge that brings frames in and lets nothing out", async () => {
    const { doors } = cloud();
    const { out } = await ran(
      mqttLoginWith(() => doors),
      `${app}\nECOFLOW_BASE=house`,
      ["--bridge-conf"],
    );
    const topics = out.split("\n").filter((line) => line.startsWith("topic"));
    expect(topics[0]).toBe('topic "" in 1 house/R631TEST00000001/data /app/device/property/R631TEST00000001');
    expect(topics.every((line) => line.startsWith('topic "" in '))).toBe(true);
    expect(out).toMatch(/^address mqtt-x\.ecoflow\.com:8884$/m);
    expect(out).toMatch(/^bridge_capath \/etc\/ssl\/certs$/m);
    expect(out).toMatch(/^bridge_protocol_version mqttv311$/m);
  });
});

describe("check", () => {
  const probed = (dotenv: string, doors: ReturnType<typeof cloud>["doors"]) =>
    probeAccounts(loaded({ dotenv: `${dotenv}\n${machines}` }), doors);

  it("says which host serves the account and what it lists", async () => {
    const { doors } = cloud();
    const { problems, warnings, notes } = await probed(app, doors);
    expect([problems, warnings]).toEqual([[], []]);
    expect(notes.join("\n")).toMatch(
      /served by api-a\.ecoflow\.com and lists Study \(R631TEST00000001, RIVER 3 Plus\).*New \(ZZ99TEST00000001, of no known model\)/,
    );
  });

  it.each([
    [
      "a wrong password",
      app,
      refuse("2026", "account or password error"),
      /refuses the login \(code 2026.*ECOFLOW_PASSWORD/,
    ],
    [
      "a wrong key",
      open,
      refuse("8513", "accessKey is invalid"),
      /does not know the access key.*ECOFLOW_ACCESS_KEY/,
    ],
    [
      "a wrong secret",
      open,
      refuse("8521", "signature is wrong"),
      /refuses the signature.*ECOFLOW_SECRET_KEY/,
    ],
    [
      "a foreign certificate",
      app,
      () => ({ fault: "untrusted", said: "x" }),
      /is not trusted.*clock.*ECOFLOW_CA_FILE/,
    ],
    [
      "another server",
      app,
      () => ({ status: 200, text: "hello", date: null }),
      /does not answer as EcoFlow's API.*ECOFLOW_API_URL/,
    ],
  ] as const)("calls %s a mistake, with a remedy", async (_, account, http, sentence) => {
    const { toy, doors } = cloud();
    toy.http = http as () => HttpOutcome;
    const { problems } = await probed(account, doors);
    expect(problems).toHaveLength(1);
    expect(`${problems[0]?.problem}. ${problems[0]?.remedy}`).toMatch(sentence);
  });

  it.each([
    [
      "no name server",
      { fault: "no-name-server", said: "ETIMEOUT" },
      /check the Internet connection and the DNS server/,
    ],
    ["maintenance", { status: 503, text: "", date: null }, /nothing to do but wait/],
    ["throttling", { status: 429, text: "", date: null }, /stop other programs that use this account/],
  ] as const)("warns of %s, which is no mistake", async (_, outcome, sentence) => {
    const { toy, doors } = cloud();
    toy.http = () => outcome;
    const { problems, warnings } = await probed(app, doors);
    expect(problems).toEqual([]);
    expect(warnings.join("\n")).toMatch(sentence);
  });

  it("warns of a name that no station of the account has, and of one that two have", async () => {
    const { toy, doors } = cloud();
    for (const station of toy.stations) station.deviceName = station.sn.startsWith("R") ? "Twin" : "New";
    const { warnings } = await probed(app, doors);
    expect(warnings).toEqual([
      expect.stringMatching(/Study is no station of the account, which has Twin, Twin and New/),
    ]);
    for (const station of toy.stations) station.deviceName = "Study";
    expect((await probed(app, doors)).warnings).toEqual([
      expect.stringMatching(/Two stations.*called Study/),
    ]);
  });

  it("a station that both accounts list is one station", async () => {
    const { doors } = cloud();
    const { warnings } = await probed(`${app}\n${open}`, doors);
    expect(warnings).toEqual([]);
  });

  it("warns of a station that only the app's API would bring", async () => {
    const { doors } = cloud();
    const { warnings } = await probed(open, doors);
    expect(warnings).toEqual([expect.stringMatching(/does not open R631TEST00000001.*kind ecoflow-app/)]);
  });
});
