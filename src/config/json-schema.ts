/** The schema as JSON Schema: for editors (`config.schema.json`), and for the sentences about mistakes. */
import { z } from "zod";
import { fileSchema } from "./schema.ts";

/** What we use of a JSON Schema node. `unit: "seconds"` marks a duration, `usual` is the default (zod drops it where texts are turned into numbers). */
export interface SchemaNode {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  unit?: string;
  usual?: unknown;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
}

let made: SchemaNode | undefined;

/** The schema of what a person writes: texts for durations, defaults left out. */
export function schemaTree(): SchemaNode {
  made ??= z.toJSONSchema(fileSchema, { io: "input", unrepresentable: "any" }) as SchemaNode;
  return made;
}

/** The node that describes a path, or null where the schema knows nothing of it. */
export function nodeAt(path: readonly PropertyKey[]): SchemaNode | null {
  let node: SchemaNode | null = schemaTree();
  for (const step of path) node = node && stepInto(node, step);
  return node;
}

function stepInto(node: SchemaNode, step: PropertyKey): SchemaNode | null {
  const { properties = {} } = node;
  const inner = Object.hasOwn(properties, step) ? properties[String(step)] : undefined;
  if (inner) return inner;
  if (typeof step === "number" && node.items) return node.items;
  if (typeof node.additionalProperties === "object") return node.additionalProperties;
  for (const variant of node.anyOf ?? node.oneOf ?? []) {
    const found = stepInto(variant, step);
    if (found) return found;
  }
  return null;
}

/** The names that a section may hold; empty where it may hold any. */
export function keysOf(node: SchemaNode | null): string[] {
  const own = Object.keys(node?.properties ?? {});
  return [...own, ...(node?.anyOf ?? node?.oneOf ?? []).flatMap(keysOf)];
}

/** Every path of the schema as people write it: `policy.debounceSec`, `machines.<name>.stopSec`. */
export function allPaths(node: SchemaNode = schemaTree(), prefix = ""): string[] {
  const named = Object.entries(node.properties ?? {}).flatMap(([key, inner]) => {
    const path = `${prefix}${key}`;
    return [path, ...allPaths(inner, `${path}.`)];
  });
  const any = typeof node.additionalProperties === "object" ? node.additionalProperties : null;
  const variants = (node.anyOf ?? node.oneOf ?? []).flatMap((variant) => allPaths(variant, prefix));
  return [...named, ...(any ? allPaths(any, `${prefix}<name>.`) : []), ...variants];
}

const variable = { type: "string", pattern: "\\$\\{[^}]+\\}" };
const durationText = { type: "string", pattern: "^\\s*\\d+(\\.\\d+)?\\s*(s|m|h|d)?\\s*$" };

/** A number may also be written as `${NAME}`, a duration as "4m". */
function numberNode({ unit, type, minimum, maximum, ...rest }: SchemaNode): SchemaNode {
  const range = { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) };
  const number: SchemaNode = { ...(type !== undefined && { type }), ...range };
  return { ...rest, anyOf: [number, ...(unit === "seconds" ? [durationText] : []), variable] };
}

const published = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(published);
  if (typeof node !== "object" || node === null) return node;
  const { usual, ...inner } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, published(value)]),
  ) as SchemaNode;
  if (usual !== undefined) inner.default = usual;
  return inner.type === "number" || inner.type === "integer" ? numberNode(inner) : inner;
};

/** The text of `config.schema.json`. */
export function configSchemaJson(): string {
  const schema = { title: "ecoflow-power.yaml", ...(published(schemaTree()) as object) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
