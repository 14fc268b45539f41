import { describe, expect, it } from "vitest";
import { parseDotEnv } from "./dotenv.ts";

const values = (text: string) => parseDotEnv(text).entries.map(({ name, value }) => [name, value]);

describe("a line of .env", () => {
  it.each([
    ["A=10            # as in the README", "10"],
    ['A="localhost"   # behind quotes', "localhost"],
    ["A='single'", "single"],
    ["A=", ""],
    ["A=   # nothing but a comment", ""],
    ['A=""', ""],
    ["A=pa#ss", "pa#ss"],
    ['A="pa # ss"', "pa # ss"],
    ["A=a=b=c", "a=b=c"],
    ["  export A = spaced  ", "spaced"],
    [`A="{"Study": ["pc"]}"`, `{"Study": ["pc"]}`],
    [`A='{"Study": ["pc"]}' # mapping`, `{"Study": ["pc"]}`],
    [`A={"Study #2": ["pc"]} # mapping`, `{"Study #2": ["pc"]}`],
    ['A="C:\\"', "C:\\"],
    ["A=it's", "it's"],
  ])("%s", (line, value) => {
    expect(values(line)).toEqual([["A", value]]);
  });

  it("may be ended the Windows way and begin with a byte order mark", () => {
    expect(values("\uFEFFA=1\r\nB=2\r\n")).toEqual([
      ["A", "1"],
      ["B", "2"],
    ]);
  });
});

describe("a JSON over several lines", () => {
  const json = `{\n  "Study": [\n    "pc",\n    "it's"\n  ]\n}`;
  it.each([
    ["in single quotes", `A='${json}'\nB=2`],
    ["in double quotes, though it holds some", `A="${json}"   # mapping\nB=2`],
    ["without quotes", `A=${json}\nB=2`],
  ])("%s", (_, text) => {
    expect(values(text)).toEqual([
      ["A", json],
      ["B", "2"],
    ]);
  });
});

describe("a mistake in .env", () => {
  it.each([
    ["a quote never closed", `A="x\nB=2`, { name: "A", line: 1, kind: "unclosed" }],
    ["a quote that the next line would close", `A="x\nB="y"`, { name: "A", line: 1, kind: "unclosed" }],
    ["no =", `B=2\n\nA 10`, { name: "A", line: 3, kind: "no-value" }],
  ])("%s names the line and keeps the others", (_, text, mistake) => {
    const { entries, mistakes } = parseDotEnv(text);
    expect(mistakes).toEqual([mistake]);
    expect(entries.map(({ name }) => name)).toContain("B");
  });

  it("never makes the next assignment part of a value", () => {
    expect(values(`A={"Study": {\nB=secret\nC=}}`)).toContainEqual(["B", "secret"]);
  });

  it("counts lines past values of several lines", () => {
    expect(parseDotEnv(`A='{\n}'\n\nB=1`).entries.map(({ line }) => line)).toEqual([1, 4]);
  });
});
