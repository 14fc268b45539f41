/** `--for` ends a tool also while frames come in and the memory is collected: its signal must not be lost. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, it } from "vitest";
import type { CommandIo } from "../../src/cli/command.ts";
import { main } from "../../src/cli/index.ts";
import { createSimStation } from "../sim-station.ts";
import { hasMosquitto, startMosquitto, until, watch } from "../world.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const sn = "R655TEST00000001";
const [frame = new Uint8Array()] = createSimStation({
  serial: sn,
  socPercent: 80,
  loadWatts: 40,
}).advance(1);

describe.skipIf(!hasMosquitto)("tools that end", () => {
  it.for(["record rec.jsonl --for 2s", "inspect new --live --for 2s"])(
    "%s",
    async (line, { expect, onTestFinished }) => {
      const broker = await startMosquitto();
      const watcher = await watch(broker.url, []);
      const cwd = mkdtempSync(join(tmpdir(), "tools-end-"));
      onTestFinished(async () => {
        await watcher.end();
        await broker.end();
        rmSync(cwd, { recursive: true });
      });
      const lines: string[] = [];
      const say = (text: string) => void lines.push(text);
      const env = { MQTT_HOST: "127.0.0.1", MQTT_PORT: String(broker.port) };
      const stop = new AbortController().signal;
      const io: CommandIo = {
        out: say,
        err: say,
        stdin: new PassThrough(),
        cwd,
        env,
        isTerminal: false,
        stop,
      };
      let code: number | null = null;
      void main(line.split(" "), io).then((ended) => (code = ended));
      await until("it listens", () => /Recording|Listening/.test(lines.join()));
      await until("it has ended", async () => {
        await watcher.say(`bridge-ecoflow/${sn}/data`, Buffer.from(frame));
        collect();
        return code !== null;
      });
      expect(code).toBe(0);
    },
  );
});
