#!/usr/bin/env node
/** The process: its signals, its streams, its environment; everything else is a command's. */
import type { CommandIo } from "./cli/command.ts";
import { keepYoungSmall } from "./io/heap.ts";

keepYoungSmall();

function processIo(): CommandIo {
  // `ecoflow-power demo | head`: who reads has gone. The server goes on all the same: it protects, log or no log.
  const serves = process.argv[2] === "run";
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => serves || process.exit(0));
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    stdin: process.stdin,
    cwd: process.cwd(),
    env: process.env,
    isTerminal: process.stdout.isTTY === true,
    stop: stop.signal,
  };
}

const { main } = await import("./cli/index.ts");
const code = await main(process.argv.slice(2), processIo());
// A command that is over is over, whatever timer or socket is still open; what it said goes out first.
for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write("", done));
process.exit(code);
