#!/usr/bin/env node
/** The entry of the program: hands signals, streams and the environment to a command. */
import type { CommandIo } from "./cli/command.ts";
import { keepYoungSmall } from "./io/heap.ts";
import { nodeProblem } from "./io/node-version.ts";
import { takeSignals } from "./io/signals.ts";

const tooOld = nodeProblem(process.versions.node, process.execPath);
if (tooOld !== null) {
  process.stderr.write(`${tooOld}\n`);
  process.exit(1);
}
keepYoungSmall();

function processIo(): CommandIo {
  // In `ecoflow-power demo | head` the reader ends first, and so does the demo. The server goes on: it must protect the
  // machines even if nobody can read its log.
  const serves = process.argv[2] === "run";
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => serves || process.exit(0));
  const stop = new AbortController();
  const isTerminal = process.stdout.isTTY === true;
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const signals = takeSignals({
    on: (signal, listener) => void process.on(signal, listener),
    // The second one ends a command that waits for something else.
    stop: () => (stop.signal.aborted ? process.exit(130) : stop.abort()),
    say,
    isTerminal,
  });
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: say,
    stdin: process.stdin,
    cwd: process.cwd(),
    env: process.env,
    isTerminal,
    stop: stop.signal,
    signals,
  };
}

const { main } = await import("./cli/index.ts");
const code = await main(process.argv.slice(2), processIo());
// A finished command ends the process even if a timer or a socket is still open. Its output is written first.
for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write("", done));
process.exit(code);
