/** README.md as a new user reads it: its blocks, its commands, and whether a program prints what README shows. */
import { readFileSync } from "node:fs";

const readme = readFileSync("README.md", "utf8");

/** Each block of README.md, by a text that is in no other block. */
const marks = {
  picture: "[telemetry]",
  demo: "npm run demo",
  demoPrints: "The mains fail. The station carries the load.",
  tests: "npm test",
  dotenv: "POLICY_SOC_MIN=10 ",
  yaml: "shutdownAt: { socPercent: 40 }",
  check: "ecoflow-power check",
  checkPrints: "nothing was started",
  status: "ecoflow-power status",
  statusPrints: "NOT protected:",
  agentSettings: "AGENT_ID=test-agent",
  doctorPrints: "not armed, because:",
  send: "ecoflow-power send test-agent ping",
  sendPrints: "test-agent: pong",
  simulate: "ecoflow-power simulate critical",
  simulatePrints: "As it should be: shutdown and abort",
  agentPrints: "TIMER START: 60 s until",
} as const;

export type BlockName = keyof typeof marks;

const blocks = [...readme.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

/** Returns the block with its final line break; throws unless exactly one block has its mark. */
export function block(name: BlockName): string {
  const found = blocks.filter((text) => text.includes(marks[name]));
  if (found.length !== 1) throw new Error(`README.md has ${found.length} blocks with "${marks[name]}"`);
  return found[0] as string;
}

/** Returns the blocks of README.md that have no name here: nobody plays them. */
export const namelessBlocks = (): string[] =>
  blocks.filter((text) => !Object.values(marks).some((mark) => text.includes(mark)));

export const blockNames = Object.keys(marks) as BlockName[];

/** Returns the command as README.md gives it inside its text, such as `bash shutdown-listener.sh doctor`; throws if it does not. */
export function spanned(command: string): string {
  if (!readme.includes(`\`${command}\``)) throw new Error(`README.md does not name \`${command}\``);
  return command;
}

/** Returns the group of `pattern` in README.md; throws if it is not there. */
export function named(pattern: RegExp): string {
  const group = pattern.exec(readme)?.[1];
  if (group === undefined) throw new Error(`README.md has nothing like ${String(pattern)}`);
  return group;
}

/** What differs from run to run: times, ids, ports, the disk. Everything else must be as README.md shows it. */
const placeholders: readonly [RegExp, string][] = [
  [/\s+/g, " "],
  [/\b\d\d:\d\d\b/g, "TIME"],
  [/\b[0-9a-f]{8}\/[0-9a-f]{8}\b/g, "SERVER"],
  [/version [\d.]+(?: \(\w+\))?/g, "VERSION"],
  [/epoch \d+/g, "EPOCH"],
  [/(localhost|127\.0\.0\.1):\d+/g, "BROKER"],
  [/[\d.]+ GB/g, "SPACE"],
  [/(heard|reading|on battery) \d+ s/g, "$1 SECONDS"],
  [/(command|id) (?:hand-)?test-agent(?:-\d+)+/g, "$1 ID"],
  [/after [\d.]+ s/g, "after SECONDS"],
  [/\(difference -?\d+ s\)/g, "(difference SECONDS)"],
];

const plain = (text: string) =>
  placeholders.reduce((rest, [pattern, name]) => rest.replace(pattern, name), text).trim();

/**
 * Returns the sentences of `shown` that `printed` does not have, or not in this order; none if README.md is true. A line
 * that begins with four spaces or more continues the one before it; an ellipsis at the end stands for the rest.
 */
export function untrue(shown: string, printed: string): string[] {
  const sentences = shown.trimEnd().split(/\n(?! {4})/);
  let rest = plain(printed);
  return sentences.filter((sentence) => {
    const wanted = plain(sentence).replace(/ ?…$/, "");
    const at = rest.indexOf(wanted);
    if (at >= 0) rest = rest.slice(at + wanted.length);
    return at < 0;
  });
}
