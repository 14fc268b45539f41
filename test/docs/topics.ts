/** Writes docs/topics.md from the contract itself, so that the page cannot differ from the server. */
import { z } from "zod";
import { commandText, powerText } from "../../src/contract/signatures.ts";
import { makeTopics, type Topic } from "../../src/contract/topics.ts";
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
    "## Between rooms",
    "",
    "Private; on the broker only when the rooms run in several processes (`run --only`).",
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
