/** The schema as JSON Schema: for editors (`config.schema.json`), and for the sentences about mistakes. */
import { z } from "zod";
import { fileSchema } from "./schema.ts";
import { type Entry, ownFields } from "./setting.ts";

/** The used part of a JSON Schema node, with the fields of the setting's entry. `unit: "seconds"` marks a duration; `usual` is the default. */
export interface SchemaNode
  extends Partial<Pick<Entry, "env" | "secret" | "isPath" | "withoutYaml" | "feeds">> {
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
  // An index is a number in a mistake's path, and a text where a walk over the values took it as a key.
  if (node.items && /^\d+$/.test(String(step))) return node.items;
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

/** A node at its path; `<name>` stands for a name that people choose, `<index>` for the place in a list. */
export interface Place {
  path: readonly string[];
  node: SchemaNode;
}

/** Every path of the schema as people write it: `policy.debounceSec`, `machines.<name>.stopSec`. */
export const allPaths = (): string[] => allPlaces().map(({ path }) => path.join("."));

/** Every setting: a node with an entry of its own. */
export const settings = (): Place[] => allPlaces("<index>").filter(({ node }) => node.feeds !== undefined);

/** Every place; those within lists only with a word for their index. */
function allPlaces(
  index: string | null = null,
  node: SchemaNode = schemaTree(),
  path: readonly string[] = [],
): Place[] {
  const inner = (child: SchemaNode, step: string) => allPlaces(index, child, [...path, step]);
  const named = Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
    { path: [...path, key], node: child },
    ...inner(child, key),
  ]);
  const any = typeof node.additionalProperties === "object" ? inner(node.additionalProperties, "<name>") : [];
  const items = node.items && index !== null ? inner(node.items, index) : [];
  const variants = (node.anyOf ?? node.oneOf ?? []).flatMap((variant) => allPlaces(index, variant, path));
  return [...named, ...any, ...items, ...variants];
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
  const { usual } = node as SchemaNode;
  const inner: SchemaNode = Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => !(ownFields as readonly string[]).includes(key))
      .map(([key, value]) => [key, published(value)]),
  );
  if (usual !== undefined) inner.default = usual;
  return inner.type === "number" || inner.type === "integer" ? numberNode(inner) : inner;
};

/** The text of `config.schema.json`. */
export function configSchemaJson(): string {
  const schema = { title: "ecoflow-power.yaml", ...(published(schemaTree()) as object) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
