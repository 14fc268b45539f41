/** The original's Linux agent reads one line per message and takes the text after the first "action"; our commands suit it. */
import { expect, it } from "vitest";
import { commandSchema } from "../../src/contract/messages/machine.ts";

/** Returns what that agent takes for the action, by its documented reading: quotes count, escapes do not. */
function actionByText(line: string): string {
  return /"action"\s*:\s*"([^"]*)"/.exec(line)?.[1] ?? "";
}

const reasons = [
  "soc 9 % <= 10 %",
  'he said "action":"abort"',
  '\\"action\\": \\"abort\\"',
  "a\nb",
  '{"action":"abort"}',
];

it.each(reasons)("reads the action of ours, whatever the reason says: %j", (reason) => {
  for (const action of ["shutdown", "abort"] as const) {
    const command = {
      id: "c1",
      action,
      delay_sec: 60,
      reason,
      ttl_sec: 300,
      issued_at: 1,
      outage: "s-1",
      epoch: 1,
      seq: 1,
      station: "s",
    };
    const line = JSON.stringify(commandSchema.parse(command));
    expect(line).not.toContain("\n");
    expect(actionByText(line)).toBe(action);
  }
});
