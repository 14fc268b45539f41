/** Reads `DEVICE_TO_AGENTS_JSON`: which station feeds which machines. */
import { parseDocument } from "yaml";
import { excessOf, messageBounds } from "../core/bounded-json.ts";
import type { Problem } from "./problems.ts";
import { shown } from "./secrets.ts";

const name = "DEVICE_TO_AGENTS_JSON";
const example = `Write it like this: ${name}='{"Study": ["pc", "nas"], "Office": ["rack"]}'`;

/** Stations in their order, each with its machines. */
export type Mapping = [station: string, machines: string[]][];

/** The mapping, as far as it can be read, and every mistake in it. */
export function readMapping(text: string): { mapping: Mapping; problems: Problem[] } {
  const refuse = (value: string, problem: string) => ({
    mapping: [],
    problems: [{ path: name, value, problem, remedy: `${example}.` }],
  });
  const excess = excessOf(text, messageBounds);
  if (excess !== null) return refuse(shown(text.slice(0, 60)), `cannot be read: ${excess}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const where = /at position (\d+)/.exec(String(error))?.[1];
    const near = where === undefined ? "" : ` (near character ${Number(where) + 1})`;
    return refuse(shown(text), `is not valid JSON${commaIn(text) ?? near}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return refuse(shown(json), "is not a JSON object");
  }
  const problems = duplicates(text);
  const mapping: Mapping = [];
  for (const [station, agents] of Object.entries(json)) {
    const machines = typeof agents === "string" ? [agents] : agents;
    if (Array.isArray(machines) && machines.every((one) => typeof one === "string" && one.trim() !== "")) {
      mapping.push([station, [...new Set(machines.map((one: string) => one.trim()))]]);
    } else problems.push(badAgents(station, agents));
  }
  return { mapping, problems };
}

/** The usual slip, which the parser reports without its place. */
function commaIn(text: string): string | null {
  const [found] =
    text.replace(/"(?:[^"\\]|\\.)*"/g, (quoted) => "x".repeat(quoted.length)).match(/,\s*[\]}]/) ?? [];
  return found === undefined ? null : ` (there is a comma before "${found.slice(-1)}")`;
}

const badAgents = (station: string, agents: unknown): Problem => ({
  path: `${name}.${station}`,
  value: Array.isArray(agents) ? shown(JSON.stringify(agents)) : shown(agents),
  problem: "is neither the name of a machine nor a list of such names",
  remedy: `Write "${station}": ["<AGENT_ID>"], with the AGENT_ID of each machine that this station feeds.`,
});

/** JSON.parse keeps the last of two equal keys and drops the machines of the first without a word. */
function duplicates(text: string): Problem[] {
  const { errors } = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  if (!errors.some(({ code }) => code === "DUPLICATE_KEY")) return [];
  return [
    {
      path: name,
      value: shown(text),
      problem: "names a station twice, and only the last list of its machines would count",
      remedy: "Put all machines of a station into one list.",
    },
  ];
}
