import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allPaths, configSchemaJson, nodeAt } from "./json-schema.ts";

describe("config.schema.json", () => {
  it("is fresh; else: UPDATE_DOCS=1 npx vitest run src/config/json-schema.test.ts", () => {
    if (process.env["UPDATE_DOCS"]) writeFileSync("config.schema.json", configSchemaJson());
    expect(readFileSync("config.schema.json", "utf8")).toBe(configSchemaJson());
  });

  it("describes every field", () => {
    const dumb = allPaths().filter((path) => !nodeAt(path.split("."))?.description && path !== "policy");
    expect(dumb).toEqual([]);
  });

  it("knows an item of a list by its index, as a number and as a text", () => {
    // The search for secrets walks over values, where an index is a text.
    for (const index of [0, "0"]) {
      expect(nodeAt(["sources", index, "name"])?.description).toMatch(/^name of this source/);
      expect(nodeAt(["machines", index, "no such key"])).toBeNull();
    }
  });

  it("names the unit of every duration, percentage and amount", () => {
    const units = { Sec: /seconds/, Percent: /percent|points/, Wh: /watt hours/, Watts: /watts/ };
    for (const path of allPaths()) {
      const unit = Object.entries(units).find(([ending]) => path.endsWith(ending))?.[1];
      if (unit) expect(nodeAt(path.split("."))?.description, path).toMatch(unit);
    }
  });

  it("lets a duration be a text, and any number a variable", () => {
    const { properties } = JSON.parse(configSchemaJson());
    const patterns = properties.policy.properties.debounceSec.anyOf.map(
      (one: { pattern?: string }) => one.pattern,
    );
    expect(patterns.some((pattern?: string) => pattern && new RegExp(pattern).test("4m"))).toBe(true);
    const port = properties.broker.properties.port.anyOf.map((one: { pattern?: string }) => one.pattern);
    expect(port.some((pattern?: string) => pattern && new RegExp(pattern).test(`$${"{PORT}"}`))).toBe(true);
  });
});
