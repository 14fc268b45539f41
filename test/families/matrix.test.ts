/** Each family x each story, from its raw payloads to the reading: none is left out, because the families are asked for theirs. */
import { describe, expect, it } from "vitest";
import { allFamilies } from "../../src/core/decode/families/registry.ts";
import { matrix } from "./matrix.ts";
import { play, storyNames } from "./story.ts";

it("has a row for every family", () => {
  expect(Object.keys(matrix).sort()).toEqual(allFamilies.map(([family]) => family).sort());
});

describe.each(allFamilies.map(([family]) => family))("%s", (family) => {
  const { station, stories } = matrix[family];
  it.each(storyNames)("%s", (name) => {
    const story = stories[name];
    const told = play(station, story);
    expect(told.last).toMatchObject(story.end);
    if (story.never !== undefined) expect(told.verdicts).not.toContain(story.never);
  });
});
