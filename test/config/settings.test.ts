/** Every setting does what its entry says: its value arrives where `feeds` names, by file and by variable. */
import { describe, expect, it } from "vitest";
import { type Place, type SchemaNode, settings } from "../../src/config/json-schema.ts";
import { loadConfig } from "../../src/config/load.ts";
import { sitePlan } from "../../src/site.ts";

/** A site in which every section occurs, so that each setting has a place. */
const site = {
  sources: [{ kind: "mqtt-raw" }],
  stations: { Study: {}, Wall: {} },
  machines: { pc: { stations: ["Study", "Wall"], minSupplies: 1, shutdownAt: {} } },
};

/** What `*`, `<name>` and `<index>` stand for, by the section. */
const members: Record<string, string> = { stations: "Study", machines: "pc", sources: "0", keys: "pc" };

/** Values of settings whose form the schema does not show. */
const samples: Record<string, unknown> = {
  "stations.<name>.upstream": "Wall",
  "machines.<name>.stations": ["Wall"],
  "machines.<name>.minSupplies": 2,
  "policy.blindMaxSec": 90,
  "sources.<index>.kind": "mqtt",
  "sources.<index>.region": "api-a",
  "sources.<index>.apiUrl": "https://api.example",
  "sources.<index>.devices": ["R631TEST00000001"],
};

/** The source whose kind has the setting, for the keys that `mqtt-raw` has not. */
const open = { kind: "ecoflow-open", accessKey: "a", secretKey: "b" };
const app = { kind: "ecoflow-app", username: "a", password: "b" };
const kindWith: Record<string, object> = {
  accessKey: open,
  secretKey: open,
  region: open,
  apiUrl: open,
  devices: open,
  username: app,
  password: app,
};

/** A value that the node takes and that is not its default. */
function otherThanUsual(node: SchemaNode): unknown {
  const [variant] = node.anyOf?.filter(({ minimum }) => minimum !== undefined) ?? [];
  const { minimum, usual } = variant ? { ...variant, usual: node.usual } : node;
  if (minimum === undefined) return "other";
  return minimum + 2 === usual ? minimum + 3 : minimum + 2;
}

const named = (path: readonly string[]) =>
  path.map((step, index) => (/^[<*]/.test(step) ? (members[path[index - 1] ?? ""] ?? step) : step));

function planOf(yaml: unknown, env: Record<string, string> = {}) {
  const readFile = (path: string) => {
    if (path === "/etc/ecoflow-power/ecoflow-power.yaml") return JSON.stringify(yaml);
    throw Object.assign(new Error(path), { code: "ENOENT" });
  };
  const loaded = loadConfig({ cwd: "/site", env, readFile });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return sitePlan(loaded.config, loaded.config.site ?? "", "");
}

function at(root: unknown, path: readonly string[]): unknown {
  return path.reduce((value, step) => (value as Record<string, unknown> | undefined)?.[step], root);
}

function written(path: readonly string[], value: unknown): unknown {
  const yaml = structuredClone(site) as Record<string, unknown>;
  const own = path[0] === "sources" ? kindWith[path.at(-1) ?? ""] : undefined;
  if (own) yaml["sources"] = [structuredClone(own)];
  let section = yaml;
  for (const step of path.slice(0, -1)) {
    section[step] ??= {};
    section = section[step] as Record<string, unknown>;
  }
  section[path.at(-1) ?? ""] = value;
  return yaml;
}

const fed = settings().filter(({ node }) => node.feeds?.startsWith("SitePlan."));
function targetOf({ node }: Place): string[] {
  const target = named((node.feeds ?? "").split(".").slice(1));
  // The plan has a list of stations, in the order of the file.
  return target[0] === "stations" ? ["stations", "0", ...target.slice(2)] : target;
}

describe("each setting", () => {
  it("names the place that uses it", () => {
    expect(fed.length).toBeGreaterThan(25);
  });

  it.each(fed.map((place) => [place.path.join("."), place] as const))("%s arrives there", (name, place) => {
    const value = samples[name] ?? otherThanUsual(place.node);
    const plan = planOf(written(named(place.path), value));
    expect(at(plan, targetOf(place))).toEqual(value);
    expect(at(planOf(site), targetOf(place))).not.toEqual(value);
  });

  it.each(fed.flatMap((place) => (place.node.env ? [[place.node.env, place] as const] : [])))(
    "%s sets it too",
    (env, place) => {
      const value = otherThanUsual(place.node);
      expect(at(planOf(site, { [env]: String(value) }), targetOf(place))).toEqual(value);
    },
  );
});
