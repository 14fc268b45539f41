/** A Node that is too old is refused with a sentence. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { leastNode, nodeProblem } from "./node-version.ts";

it("is the version of package.json", () => {
  const { engines } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(engines.node).toBe(`>=${leastNode.join(".")}`);
});

it.each(["20.19.0", "20.19.43", "20.20.0", "22.0.0", "24.1.3", "100.0.0"])("%s is accepted", (version) => {
  expect(nodeProblem(version, "/usr/bin/node")).toBeNull();
});

it.each(["20.18.9", "18.20.4", "8.0.0", "20.9.0"])("%s is refused, with the remedy", (version) => {
  expect(nodeProblem(version, "/usr/bin/node")).toMatch(
    new RegExp(
      `needs Node 20\\.19\\.0 or newer, and /usr/bin/node is ${version.replaceAll(".", "\\.")}: install a newer one`,
    ),
  );
});
