/** Makes docs/settings.md from the entries of the schema. */
import { type Place, type SchemaNode, settings } from "../../src/config/json-schema.ts";
import { duration } from "../../src/config/units.ts";

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*");

/** Range or words that a setting takes; empty where any text may stand. */
function rangeOf(node: SchemaNode): string {
  const variants = node.anyOf ?? node.oneOf;
  if (variants) return variants.map(rangeOf).filter(Boolean).join(" or ");
  if (node.const !== undefined) return String(node.const);
  if (node.enum) return node.enum.join(", ");
  if (node.minimum === undefined || node.maximum === undefined) return "";
  const words = node.unit === "seconds" ? duration : String;
  return `${words(node.minimum)} to ${words(node.maximum)}`;
}

function row({ path, node }: Place): string {
  const { env = "", description = "", feeds = "", usual } = node;
  const variable = env === "" ? "" : `\`${env}\`${node.secret ? ` or \`${env}_FILE\`` : ""}`;
  const value = usual === undefined ? "" : String(usual);
  const cells = [`\`${path.join(".")}\``, rangeOf(node), value, variable, cell(description), cell(feeds)];
  return `| ${cells.join(" | ")} |`;
}

/** The page: one row a setting. */
export function settingsPage(): string {
  return `# Settings

Generated from the entries in \`src/config/schema/\` by \`npm run docs\`. A duration is a number of seconds or a text such
as \`4m\`. The last column says where the program uses the value: a field of the \`SitePlan\` that \`src/site.ts\` makes, or
what reads it instead. Variables that set no single setting are in \`.env.example\`.

| setting | takes | default | variable | meaning | used at |
|---|---|---|---|---|---|
${settings().map(row).join("\n")}
`;
}
