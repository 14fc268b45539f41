/** How long a queue may be that filled during a silence, and which pace shows that it is empty. */
import { expect, test } from "vitest";
import { mayBeLate } from "./backlog.ts";
import { createSource } from "./sources.ts";
import { frameTraits } from "./traits.ts";

/** A source that reported each 10 s until second 0, in an outage. */
function afterReports() {
  const source = createSource("s", frameTraits);
  source.intervalMs = 10_000;
  mayBeLate(source, -10_000, true);
  expect(mayBeLate(source, 0, true)).toBe(false);
  return source;
}

/** What is said of so many messages that come one a second after a silence of `silenceMs`. */
const after = (silenceMs: number, messages: number) => {
  const source = afterReports();
  return Array.from({ length: messages }, (_, index) => mayBeLate(source, silenceMs + index * 1_000, true));
};

test("as many messages may wait as the station made during the silence, a part of an interval counts as one", () => {
  expect(after(240_000, 30).filter((isLate) => isLate)).toHaveLength(24);
  expect(after(241_000, 30).filter((isLate) => isLate)).toHaveLength(25);
});

test("half of the usual interval after the message before, a message is from now; sooner it is not", () => {
  const source = afterReports();
  expect(mayBeLate(source, 240_000, true)).toBe(true);
  expect(mayBeLate(source, 244_999, true)).toBe(true);
  expect(mayBeLate(source, 249_999, true)).toBe(false);
});

test("outside an outage nothing is late, and what waited then counts no more in the next one", () => {
  const source = afterReports();
  expect(mayBeLate(source, 240_000, true)).toBe(true);
  expect(mayBeLate(source, 241_000, false)).toBe(false);
  expect(mayBeLate(source, 242_000, true)).toBe(false);
});
