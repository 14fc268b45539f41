/** Signals to the built program: a hang-up reads the configuration again, and nothing ends it without a line. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Server, startServer } from "../server.ts";
import { freePort, until, watch } from "../world.ts";

const yamlOf = (port: number, { percent = 40, more = "" } = {}) =>
  `stations: { Study: {} }\nmachines: { pc: { stations: [Study], shutdownAt: { socPercent: ${percent} } } }\nbroker: { port: ${port} }\n${more}`;

async function running(): Promise<{ server: Server; port: number; write: (text: string) => void }> {
  const port = await freePort();
  const server = startServer({ files: { "ecoflow-power.yaml": yamlOf(port) } });
  onTestFinished(() => server.end());
  await until("it listens", () =>
    watch(`mqtt://127.0.0.1:${port}`)
      .then((watcher) => watcher.end().then(() => true))
      .catch(() => false),
  );
  return { server, port, write: (text) => writeFileSync(join(server.cwd, "ecoflow-power.yaml"), text) };
}

describe("signals", () => {
  it("SIGHUP applies what changed, as the configuration of the next start", async () => {
    const { server, port, write } = await running();
    const hangUp = () => process.kill(server.pid(), "SIGHUP");
    hangUp();
    await server.says("nothing to apply changed");
    write(yamlOf(port, { percent: 55 }));
    hangUp();
    await server.says("SIGHUP: machines changed");
    await server.says("goes at 55 %");
    const watcher = await watch(`mqtt://127.0.0.1:${port}`);
    onTestFinished(() => watcher.end());
    await until("the server is back", () => watcher.on("power-manager/orchestrator/status").length > 0);
    // Mistakes leave the server as it is.
    write("machines: { pc: { stations: [Study], shutdownAt: { socPercent: 500 } } }\n");
    hangUp();
    await server.says("goes on with its old configuration");
    write(yamlOf(port, { percent: 55, more: "stateDir: ./other\n" }));
    hangUp();
    await server.says("stateDir changed, which needs a restart");
    expect(await server.stop()).toBe(0);
  });

  it("SIGHUP with a configuration that cannot start goes on with the old one", async () => {
    const { server, port, write } = await running();
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
    onTestFinished(() => void taken.close());
    write(yamlOf((taken.address() as { port: number }).port));
    process.kill(server.pid(), "SIGHUP");
    await server.says("the new configuration cannot start");
    await until("the old broker is back", () =>
      watch(`mqtt://127.0.0.1:${port}`)
        .then((watcher) => watcher.end().then(() => true))
        .catch(() => false),
    );
    expect(await server.stop()).toBe(0);
  });

  it("SIGUSR1 and SIGUSR2 are ignored with a line, no inspector opens, and SIGQUIT ends it in order", async () => {
    const { server } = await running();
    process.kill(server.pid(), "SIGUSR1");
    await server.says("SIGUSR1 has no meaning here: ignored");
    process.kill(server.pid(), "SIGUSR2");
    await server.says("SIGUSR2 has no meaning here: ignored");
    expect(server.output()).not.toContain("Debugger");
    expect(await server.stop("SIGQUIT")).toBe(0);
    expect(server.output()).toContain("SIGQUIT: stopping");
  });

  it("a tool without a terminal outlives a hang-up, as under nohup", async () => {
    const { server } = await running();
    const tool = spawn(process.execPath, [resolve("dist/main.js"), "record", "rec.jsonl"], {
      cwd: server.cwd,
      env: { PATH: process.env["PATH"] },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void tool.kill("SIGKILL"));
    let said = "";
    tool.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await until("it records", () => said.includes("Recording"));
    tool.kill("SIGHUP");
    const ended = once(tool, "exit");
    tool.kill("SIGTERM");
    // No frame came, which is no success; a hang-up would have ended it by the signal.
    expect(await ended).toEqual([1, null]);
    expect(said).toContain("No frame came");
  });
});
