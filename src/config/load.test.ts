import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allPaths } from "./json-schema.ts";
import { type LoadResult, loadConfig } from "./load.ts";
import { policyRulesOf } from "./policy-rules.ts";
import { describeProblems } from "./problems.ts";

/** Files in memory; a text that begins with `errno ` stands for an error with that code. */
function load(files: Record<string, string>, env: Record<string, string> = {}): LoadResult {
  const readFile = (path: string) => {
    const text = files[path];
    const code = text === undefined ? "ENOENT" : text.startsWith("errno ") ? text.slice(6) : null;
    if (code !== null) throw Object.assign(new Error(code), { code });
    return text as string;
  };
  return loadConfig({ cwd: "/home/user/house", env, readFile });
}

const problemsOf = (result: LoadResult) => (result.ok ? [] : result.problems);

describe("a file that is there and cannot be read", () => {
  it.each([
    ["/home/user/house/.env", "EACCES", /may not be read by this user/],
    ["/home/user/.env", "EISDIR", /is a folder/],
    ["/home/user/house/ecoflow-power.yaml", "EIO", /cannot be read \(EIO\)/],
    ["/etc/ecoflow-power/ecoflow-power.yaml", "EACCES", /may not be read by this user/],
  ])("%s (%s) is a mistake, never a start without it", (path, code, problem) => {
    const problems = problemsOf(load({ [path]: `errno ${code}` }, { MQTT_HOST: "b" }));
    expect(problems).toMatchObject([{ path, problem: expect.stringMatching(problem) }]);
  });
});

it("finds the YAML of the machine where the working directory has none", () => {
  const result = load({ "/etc/ecoflow-power/ecoflow-power.yaml": "site: attic" });
  expect(result).toMatchObject({ ok: true, config: { site: "attic", stateDir: "/home/user/house/data" } });
});

describe("whatever is written", () => {
  const example = {
    site: "attic",
    mqtt: { url: "mqtt://b", username: "u", password: "p" },
    sources: [{ kind: "mqtt" }],
    stations: { Study: { serial: "R1", capacityWh: 286, dischargeLimitPercent: 10 }, Shed: {} },
    machines: {
      pc: { stations: ["Study"], key: "k" },
      rack: { stations: ["Study", "Shed"], minSupplies: 1 },
    },
    policy: { debounceSec: "4m", blindMaxSec: "auto" },
  };
  const paths = allPaths().map((path) =>
    path.replace("machines.<name>", "machines.rack").replace("<name>", "Study"),
  );
  const path = fc.constantFrom(...paths, "machines.pc", "stations.Shed", "sources.0", "nothing.at.all");
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("4m", "auto", `\${X}`, "__proto__", -1, 0, 1, 100, 1e300, true, null, [], {}, ["Study"]),
  );

  it("a value anywhere is accepted or explained, never thrown", () => {
    fc.assert(
      fc.property(path, value, (where, what) => {
        const result = load({
          "/home/user/house/ecoflow-power.yaml": JSON.stringify(replaced(example, where, what)),
        });
        expectSense(result);
      }),
      { numRuns: 1_000 },
    );
  });

  it("a file of anything is read or refused, never thrown", () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."ab:-{}[]\"'\n #=&*!$%@") }));
    fc.assert(
      fc.property(text, text, (dotenv, yaml) => {
        expectSense(
          load({
            "/home/user/house/.env": `${dotenv}\nMQTT_HOST=b`,
            "/home/user/house/ecoflow-power.yaml": yaml,
          }),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it("a variable of anything is accepted or explained", () => {
    const names = [
      "DEVICE_TO_AGENTS_JSON",
      "POLICY_SOC_MIN",
      "MQTT_PORT",
      "MQTT_HOST",
      "ECOFLOW_BASE",
      "LOG_LEVEL",
    ];
    const text = fc.oneof(
      fc.string(),
      fc.json({ maxDepth: 2 }),
      fc.constantFrom('{"__proto__": ["a"]}', '{"A": []}'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...names), text, (name, what) =>
        expectSense(load({}, { MQTT_HOST: "b", [name]: what })),
      ),
      { numRuns: 1_000 },
    );
  });
});

/** Either rules that the policy can decide by, or mistakes that say where, what and what to do. */
function expectSense(result: LoadResult): void {
  if (!result.ok) {
    expect(result.problems.length).toBeGreaterThan(0);
    for (const { path, value, problem, remedy } of result.problems) {
      for (const text of [path, value, problem, remedy]) expect(text).toMatch(/\S/);
    }
    expect(describeProblems(result.problems)).not.toContain("[object");
    return;
  }
  const { machines, stations } = policyRulesOf(result.config);
  for (const machine of Object.values(machines)) {
    expect(machine.stations.length).toBeGreaterThan(0);
    for (const station of machine.stations) expect(Object.hasOwn(stations, station)).toBe(true);
    expect(machine.minSupplies).toBeLessThanOrEqual(machine.stations.length);
    expect(machine.socPercent).toBeGreaterThanOrEqual(1);
    expect(machine.delaySec + machine.stopSec).toBeGreaterThan(0);
  }
  expect((result.config.mqtt === null) !== (result.config.broker === null)).toBe(true);
}

function replaced(example: object, where: string, what: unknown): object {
  const copy = structuredClone(example) as Record<string, unknown>;
  const steps = where.split(".");
  let section = copy;
  for (const step of steps.slice(0, -1)) {
    section[step] ??= {};
    section = section[step] as Record<string, unknown>;
  }
  section[steps.at(-1) as string] = what;
  return copy;
}
