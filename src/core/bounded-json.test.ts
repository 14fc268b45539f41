/** Text of any depth, width and length is refused before it is parsed, and what devices send passes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostileValues } from "../../test/hostile.ts";
import { excessOf, type JsonBounds, jsonOrNull, parseJson } from "./bounded-json.ts";
import { readPayload } from "./payload.ts";

const small: JsonBounds = { characters: 60, depth: 2, keys: 2, commas: 3, text: 5 };

describe("the bounds", () => {
  it.each([
    ["at the depth", "[[1]]", null],
    ["one deeper", "[[[1]]]", "nested deeper than 2 levels"],
    ["objects and lists count alike", '{"a":[{}]}', "nested deeper than 2 levels"],
    ["closed ones do not count", "[[],[],[]]", null],
    ["two names", '{"a":1,"b":2}', null],
    ["three names", '{"a":1,"b":2,"c":3}', "more than 2 names"],
    ["names in different objects", '[{"a":1,"b":2},{"c":3}]', "more than 2 names"],
    ["a colon in a text is no name", '{"::::":":"}', null],
    ["four values", "[1,2,3,4]", null],
    ["five values", "[1,2,3,4,5]", "more than 3 values"],
    ["commas in a text are no values", '",,,,,"', null],
    ["a text of five characters", '"12345"', null],
    ["a text of six", '"123456"', "a text of more than 5 characters"],
    ["a name of six", '{"123456":1}', "a text of more than 5 characters"],
    ["brackets in a text are no depth", '"[[[[["', null],
    ["a quote that is escaped ends no text", '"\\"[[["', null],
    ["a backslash before the closing quote", '["\\\\",[[1]]]', "nested deeper than 2 levels"],
    ["a text without an end", '"1234567', "a text of more than 5 characters"],
    ["a whole that is too long", " ".repeat(61), "more than 60 characters"],
  ])("%s", (_, text, problem) => {
    expect(excessOf(text, small)).toBe(problem);
  });

  it.each(Object.keys(hostileValues))("refuse %s without repeating it", (name) => {
    const text = hostileValues[name] ?? "";
    const parsed = parseJson(text);
    expect(parsed).toHaveProperty("problem");
    expect(JSON.stringify(parsed).length).toBeLessThan(80);
    expect(jsonOrNull(text)).toBeNull();
    const frame = readPayload(new TextEncoder().encode(`{"params":${text}}`));
    expect(frame).toHaveProperty("problem");
  });

  it("refuse nothing that is within them, whatever it is", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        expect(parseJson(text)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  it("find in what passes no depth above theirs, whatever the text", () => {
    const token = fc.constantFrom("[", "]", "{", "}", '"', "\\", '"a":', ",", "1", " ");
    fc.assert(
      fc.property(fc.array(token, { maxLength: 60 }), (tokens) => {
        const parsed = parseJson(tokens.join(""), small);
        if ("value" in parsed) expect(depthOf(parsed.value)).toBeLessThanOrEqual(small.depth);
      }),
    );
  });
});

const depthOf = (value: unknown): number =>
  value === null || typeof value !== "object" ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));

describe("every door", () => {
  it("parses within the bounds: nothing else in the sources calls JSON.parse on what others wrote", () => {
    /**
     * Files whose JSON is ours: the log's own text, the package's own file, a tool for this repository's captures. The emulated
     * cloud shares nothing with the client that it judges, and walks without recursion.
     */
    const own = [
      "cli/captures.ts",
      "cli/version.ts",
      "config/mapping.ts",
      "core/bounded-json.ts",
      "io/log.ts",
      "sim/cloud/json.ts",
      "sim/cloud/verify.ts",
    ];
    const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
    );
    const found = files.filter((file) => /JSON\.parse\(/.test(readFileSync(join("src", file), "utf8")));
    expect(found.sort()).toEqual(own);
  });
});
