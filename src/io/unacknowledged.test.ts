/** What is counted is what is still open. */
import { expect, it } from "vitest";
import { Unacknowledged } from "./unacknowledged.ts";

it("waits until each message is acknowledged, and for nobody who has left", async () => {
  const open = new Unacknowledged<string>();
  await open.none();
  open.sent("a");
  open.sent("a");
  open.sent("b");
  let isDone = false;
  const done = open.none().then(() => {
    isDone = true;
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  open.acknowledged("a");
  open.gone("b");
  await settle();
  expect(isDone).toBe(false);
  open.acknowledged("a");
  await done;
  // A late acknowledgement of a receiver that left opens nothing.
  open.acknowledged("b");
  await open.none();
});
