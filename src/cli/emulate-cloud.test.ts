/** `emulate-cloud` as a person starts it: the line when it is ready, the file of its authority, and each sentence of refusal. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommandIo } from "./command.ts";
import { emulateCloudCommand } from "./emulate-cloud.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "cloud-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

/** Runs the command; `ready` resolves with its line, `code` with its exit code. */
function start(args: string[]) {
  const stop = new AbortController();
  const err: string[] = [];
  let out = (_text: string) => {};
  const ready = new Promise<string>((resolve) => {
    out = resolve;
  });
  const io: CommandIo = {
    out: (text) => out(text),
    err: (text) => void err.push(text),
    stdin: new PassThrough(),
    cwd,
    env: {},
    isTerminal: false,
    stop: stop.signal,
  };
  return { code: emulateCloudCommand(args, io), ready, err, stop };
}

describe("emulate-cloud", () => {
  it("prints one JSON line with all that a client needs, writes its authority, and ends with 0", async () => {
    const { code, ready, err, stop } = start(["--ca-out", "ca.pem"]);
    const line = await ready;
    expect(line).not.toContain("\n");
    const info = JSON.parse(line);
    expect(Object.keys(info)).toEqual([
      "api",
      "mqtt",
      "ca",
      "accessKey",
      "secretKey",
      "username",
      "password",
      "stations",
    ]);
    expect(info.api).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(info.mqtt).toMatch(/^mqtts:\/\/127\.0\.0\.1:\d+$/);
    expect(info.stations[0]).toEqual({
      sn: "R655ZAB1XH4C0017",
      name: "Hall",
      model: "RIVER 3",
      app: true,
      open: false,
    });
    const ca = readFileSync(join(cwd, "ca.pem"), "utf8");
    expect(ca).toBe(info.ca);
    const status = await new Promise((resolve, reject) => {
      request(`${info.api}/auth/login`, { ca, agent: false }, (answer) => resolve(answer.statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(405);
    expect(err[0]).toMatch(/^Emulated: no server of EcoFlow is contacted/);
    stop.abort();
    expect(await code).toBe(0);
  });

  it("plays a scene: its stations, and what happens in its first second", async () => {
    const scene = [
      "stations: [{ serial: R331ZAB1XH4C0001, name: Attic, socPercent: 50, loadWatts: 10 }]",
      "timeline: [{ at: 0, do: grid, station: Attic, up: false }]",
    ];
    writeFileSync(join(cwd, "scene.yaml"), scene.join("\n"));
    const { code, ready, err, stop } = start(["--scene", "scene.yaml"]);
    expect(JSON.parse(await ready).stations).toMatchObject([{ sn: "R331ZAB1XH4C0001", open: true }]);
    stop.abort();
    expect(await code).toBe(0);
    expect(err[1]).toMatch(/^scene, second 0: .*"grid".*"R331ZAB1XH4C0001"/);
  });

  it("refuses a scene that is missing or wrong, and a port that is none or taken", async () => {
    writeFileSync(join(cwd, "wrong.yaml"), "timeline: [{ at: 1, do: busy }]");
    const missing = start(["--scene", "none.yaml"]);
    expect(await missing.code).toBe(1);
    expect(missing.err[0]).toMatch(/^The scene none\.yaml cannot be used: ENOENT/);
    const wrong = start(["--scene", "wrong.yaml"]);
    expect(await wrong.code).toBe(1);
    expect(wrong.err[0]).toMatch(/^The scene wrong\.yaml cannot be used: timeline\[0\]\.sec: /);
    const none = start(["--port", "70000"]);
    expect(await none.code).toBe(2);
    expect(none.err[0]).toMatch(/^--port: "70000" is no number/);
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const taken = start(["--port", String(port)]);
    expect(await taken.code).toBe(1);
    expect(taken.err[0]).toMatch(/is taken: give another --port/);
    server.close();
  });

  it("ends with a sentence when the authority cannot be written", async () => {
    const { code } = start(["--ca-out", "no/such/folder/ca.pem"]);
    await expect(code).rejects.toThrow(/ENOENT/);
  });
});
