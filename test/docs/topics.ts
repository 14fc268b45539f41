/** Writes docs/topics.md from the contract itself, so that the page cannot differ from the server. */
import { z } from "zod";
import { commandText, powerText } from "../../src/contract/signatures.ts";
import type { Topic } from "../../src/contract/topics/topic.ts";
import { makeTopics } from "../../src/contract/topics.ts";
import { sign } from "../../src/io/secrets.ts";

interface Property {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Property[];
  items?: Property;
  description?: string;
}

/** Returns the whole page. */
export function topicsPage(): string {
  const topics: Topic<unknown>[] = Object.values(makeTopics("<base>", "<site>"));
  const publicOnes = topics.filter(({ visibility }) => visibility === "public");
  const privateOnes = topics.filter(({ visibility, codec }) => visibility === "private" && codec !== "local");
  return [
    "# Topics and payloads",
    "",
    "Generated from `src/contract/` by `npm run docs`; a test fails when this page is not fresh.",
    "",
    "MQTT 3.1.1, QoS 1 in both directions. `<base>` is `ECOFLOW_BASE` (default `bridge-ecoflow`). A value that was never",
    "reported is `null`. Unknown fields are ignored.",
    "",
    "## Public",
    "",
    "| topic | retained | written by | content |",
    "|---|---|---|---|",
    ...publicOnes.map(row),
    "",
    'Source rooms bring frames or readings, agents run on the machines; every other name in "written by" is a room.',
    "",
    ...publishers(publicOnes),
    "## Between rooms",
    "",
    "Private; on the broker only when the rooms run in several processes (`run --only`). `*` is every room.",
    "",
    "| topic | retained | written by | content |",
    "|---|---|---|---|",
    ...privateOnes.map(row),
    "",
    ...publicOnes.filter(({ codec }) => codec === "json").flatMap(payload),
    ...signatures(),
  ].join("\n");
}

function row({ pattern, retained, owner, about }: Topic<unknown>): string {
  return `| \`${shown(pattern)}\` | ${retained ? "yes" : "no"} | ${owner} | ${about} |`;
}

/** By the key of a public topic: what happens to a message that its writer did not send. */
const fromOthers: Readonly<Record<string, string>> = {
  data: "taken as the station's frame where a source of kind `mqtt-raw` is configured (the default), unless it is retained",
  state:
    "believed for a station that only others serve; of a station that we serve refused with the alarm `foreign-reading`, and our reading is published again; with a source of kind `mqtt` it counts beside ours",
  command:
    "the server does not act on it and reports it: `by-hand` for an id of `ecoflow-power send`, else the alarm `foreign-command`, also for what is no command. A retained one is an alarm too, and is removed for a configured machine: a retained command is never right. The agent obeys it, unless it has a key and the signature is missing or wrong",
  ack: "counts for a configured machine; where it has a key only with its signature; never when retained",
  status:
    "the same; `online: false` without `at`, as a Last Will is, counts unsigned; a retained one shows only that the agent can answer, or that a machine which reported its shutdown is gone",
  power:
    "not read by the server; an agent with a key ignores it without the signature, and every agent a retained one",
  orchestrator:
    "another server: for the machines that both command it raises our epoch above its own, up to a bound, with the alarm `rival-orchestrator`; who of two living servers stands aside for them follows from it. For a machine with a key it counts only with its signature, else it is the alarm `unproven-lease`. Without a list of `machines` it counts for all",
  events: "not read by the server",
  alarms: "not read by the server",
  plan: "not read by the server",
};

/** Returns the section on who may publish. Throws when a public topic has no entry. */
function publishers(topics: readonly Topic<unknown>[]): string[] {
  const rows = topics.map(({ key, pattern, owner }) => {
    const effect = fromOthers[key];
    if (effect === undefined) throw new Error(`say in test/docs/topics.ts what others achieve on ${pattern}`);
    return `| \`${shown(pattern)}\` | ${owner} | ${effect} |`;
  });
  return [
    "## Who may publish",
    "",
    "Inside the server the bus lets only the writer of a topic publish it. On the broker anyone whom it lets in may publish on",
    "every public topic: the embedded broker has no rights for each topic yet, and keeps only `ecoflow-power/…` and `$…` for the",
    "server. At a broker of your own, let each agent write `ack` and `status` of its machine, the program that brings frames `<base>/+/data`, and the",
    "server all of `power-manager/…` and `<base>/+/json/state`. What a message of another publisher does:",
    "",
    "| topic | written by | from anyone else |",
    "|---|---|---|",
    ...rows,
    "",
  ];
}

const shown = (pattern: string) => pattern.replace(/\{(\w+)\}/g, "<$1>");

function payload({ pattern, schema }: Topic<unknown>): string[] {
  const shape = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" }) as {
    properties?: Record<string, Property>;
    required?: string[];
  };
  const fields = Object.entries(shape.properties ?? {}).map(([name, property]) => {
    const always = shape.required?.includes(name) ? "" : "may be absent";
    const words = [property.description, always].filter(Boolean).join("; ");
    return `| \`${name}\` | ${typeOf(property)} | ${words} |`;
  });
  return [`## \`${shown(pattern)}\``, "", "| field | type | meaning |", "|---|---|---|", ...fields, ""];
}

function typeOf(property: Property): string {
  if (property.enum) return property.enum.map((word) => `\`${String(word)}\``).join(" ");
  if (property.const !== undefined) return `\`${String(property.const)}\``;
  if (property.anyOf) return property.anyOf.map(typeOf).join(" or ");
  if (property.type === "array") return `list of ${property.items ? typeOf(property.items) : "values"}`;
  return [property.type ?? "any"].flat().join(" or ");
}

/** Returns the section on signatures: a key, a text, its signature, and how to check it by hand. */
function signatures(): string[] {
  const key = "correct horse battery staple";
  const command = {
    id: "nas-7-Study-1774000000",
    action: "shutdown" as const,
    delay_sec: 60,
    reason: "soc 9 % <= 10 %, on battery 181 s >= 180 s",
    ttl_sec: 300,
    issued_at: 1_774_000_181,
    outage: "Study-1774000000",
    epoch: 4,
    seq: 7,
    station: "Study",
  };
  const power = { on_battery: true, soc: 9, runtime_sec: 840, deadman_sec: 300, at: 1_774_000_181, seq: 12 };
  const text = commandText("nas", command);
  const word = powerText("nas", power);
  return [
    "## Signatures",
    "",
    "Where a machine has a key, `sig` is the HMAC-SHA256 of a text with the UTF-8 bytes of that key, in lower-case hex.",
    "Integers are decimal, booleans 1 or 0, absent or null is empty; an absent `dry_run` is 0.",
    "",
    "| message | text |",
    "|---|---|",
    "| command | `v1\\|<machine>\\|<id>\\|<action>\\|<delay_sec>\\|<issued_at>\\|<ttl_sec>\\|<outage>\\|<epoch>\\|<seq>\\|<dry_run>` |",
    "| power | `v1\\|<machine>\\|power\\|<on_battery>\\|<deadman_sec>\\|<at>\\|<seq>` |",
    "| ack | `v1\\|<machine>\\|ack\\|<id>\\|<phase>\\|<at>` |",
    "| status | `v1\\|<machine>\\|status\\|<online>\\|<boot>\\|<state>\\|<at>` |",
    "| lease, for each machine in `machines` | `v1\\|<machine>\\|lease\\|<site>\\|<instance>\\|<epoch>\\|<at>` |",
    "",
    `A worked example, with the key \`${key}\` and the machine \`nas\`:`,
    "",
    "```",
    `command  ${text}`,
    `sig      ${sign(key, text)}`,
    `power    ${word}`,
    `sig      ${sign(key, word)}`,
    "```",
    "",
    "To check one by hand:",
    "",
    "```",
    `printf '%s' '${text}' | openssl dgst -sha256 -hmac '${key}'`,
    "```",
    "",
  ];
}
